/** One platform that takes all it can get, and one who forges its name, leave places to the others and to itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setPlatformLimit } from '../../gateway/commands.ts';
import { describeOnDatabase, waitFor } from '../servers.ts';
import { success } from './books.ts';
import { Counter, freshNumber, type Heard, type PlatformSigner, platformSigner } from './counter.ts';

describeOnDatabase('a platform that floods', (server) => {
  let counter: Counter;
  let flooding: PlatformSigner;
  let quiet: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { mostInFlight: 4, waitMs: 4_000 } });
    flooding = await platformSigner('K1', 'ED25519');
    quiet = await platformSigner('K2', 'ED25519');
    await counter.register([flooding]);
    await counter.register([quiet], { platformNo: 'P2' });
  });
  afterAll(() => counter.close());

  test('is told to come back when its share is used up, while another one is served', async () => {
    let arrived = 0;
    counter.books.answer = ({ platformNo }) => {
      if (platformNo === 'P2') return success;
      arrived += 1;
      return undefined;
    };
    const slow = [1, 2, 3].map(() => counter.send(flooding, 'MODIFY_PROJECT', request()));
    await waitFor(() => arrived === 3);
    const refused = await counter.send(flooding, 'MODIFY_PROJECT', request());
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: '1', errorCode: '100001' });
    const envelope = { ...(await counter.envelope(quiet, 'MODIFY_PROJECT', request())), platformNo: 'P2' };
    expect((await counter.post(new URLSearchParams(envelope), '/service')).body['status']).toBe('SUCCESS');
    expect((await Promise.all(slow)).map(({ body }) => body['status'])).toEqual(Array(3).fill('PROCESSING'));
    counter.books.answer = () => success;
    expect((await counter.send(flooding, 'MODIFY_PROJECT', request())).body['status']).toBe('SUCCESS');
  });
});

const request = () => ({ requestNo: freshNumber(), projectNo: 'J', status: 'FINISH' });

/** Sends for a platform other than the counter's first. */
async function sendFor(counter: Counter, platformNo: string, signer: PlatformSigner): Promise<Heard> {
  const envelope = { ...(await counter.envelope(signer, 'MODIFY_PROJECT', request())), platformNo };
  return counter.post(new URLSearchParams(envelope));
}

/** Fails unless this is the coded refusal of overload, which says when to come back and costs no signature of its own. */
function expectBusy({ status, body, headers }: Heard): void {
  expect(status).toBe(503);
  expect(body).toMatchObject({ code: '1', status: 'INIT', errorCode: '100001' });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

describeOnDatabase('a platform that sends without a pause', (server) => {
  let counter: Counter;
  let flooding: PlatformSigner;
  let quiet: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { platformPerSecond: 2, waitMs: 20_000 } });
    flooding = await platformSigner('K1', 'ED25519');
    quiet = await platformSigner('K2', 'ED25519');
    await counter.register([flooding]);
    await counter.register([quiet], { platformNo: 'P2' });
  });
  afterAll(() => counter.close());

  test('is let in as far as its rate goes and refused above it, while another one is answered by the books', async () => {
    let flood = true;
    const heard: Heard[] = [];
    const flooders = Array.from({ length: 10 }, async () => {
      while (flood) heard.push(await sendFor(counter, 'P1', flooding));
    });
    const quietly: Heard[] = [];
    try {
      await waitFor(() => heard.some(({ status }) => status === 503), { deadlineMs: 30_000, what: 'a refusal' });
      for (let count = 0; count < 4; count += 1) quietly.push(await sendFor(counter, 'P2', quiet));
    } finally {
      flood = false;
      await Promise.allSettled(flooders);
    }
    expect(quietly.map(({ body }) => body['status'])).toEqual(Array(4).fill('SUCCESS'));
    const taken = heard.filter(({ status }) => status === 200);
    expect(taken.map(({ body }) => body['status'])).toEqual(Array(taken.length).fill('SUCCESS'));
    expect(taken.length).toBeGreaterThan(0);
    for (const one of heard) if (one.status !== 200) expectBusy(one);
  });
});

describeOnDatabase('a platform with a limit', (server) => {
  let counter: Counter;
  let limited: PlatformSigner;
  let other: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { platformPerSecond: 1_000 } });
    limited = await platformSigner('K1', 'ED25519');
    other = await platformSigner('K2', 'ED25519');
    await counter.register([limited]);
    await counter.register([other], { platformNo: 'P2' });
  });
  afterAll(() => counter.close());

  test('is refused what is over it, and others are not', async () => {
    expect(await setPlatformLimit(counter.databaseUrl, 'P3', 1)).toBe(false);
    expect(await setPlatformLimit(counter.databaseUrl, 'P1', 1)).toBe(true);
    let heard: Heard[] = [];
    await waitFor(
      async () => {
        heard = await Promise.all(Array.from({ length: 8 }, () => sendFor(counter, 'P1', limited)));
        return heard.some(({ status }) => status === 503);
      },
      { deadlineMs: 20_000, what: 'a refusal' },
    );
    for (const one of heard) if (one.status !== 200) expectBusy(one);
    const others = await Promise.all(Array.from({ length: 20 }, () => sendFor(counter, 'P2', other)));
    expect(others.map(({ body }) => body['status'])).toEqual(Array(20).fill('SUCCESS'));
  });

  test('is let in again when time has brought it a token, and at once when the limit is lifted', async () => {
    await waitFor(async () => (await sendFor(counter, 'P1', limited)).status === 200, {
      deadlineMs: 20_000,
      what: 'a token',
    });
    expect(await setPlatformLimit(counter.databaseUrl, 'P1')).toBe(true);
    await waitFor(
      async () => {
        const heard = await Promise.all(Array.from({ length: 5 }, () => sendFor(counter, 'P1', limited)));
        return heard.every(({ status }) => status === 200);
      },
      { deadlineMs: 20_000, what: 'no limit' },
    );
  });
});

describeOnDatabase('one who forges a platform’s name', (server) => {
  let counter: Counter;
  let honest: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { platformPerSecond: 5, strangersPerSecond: 1 } });
    honest = await platformSigner('K1', 'ED25519');
    await counter.register([honest]);
  });
  afterAll(() => counter.close());

  test('spends nothing of the platform’s, and soon gets no answers of his own', async () => {
    const forger = await platformSigner('K1', 'ED25519');
    const heard = await Promise.all(Array.from({ length: 40 }, () => sendFor(counter, 'P1', forger)));
    const signed = heard.filter(({ status }) => status === 200);
    expect(new Set(signed.map(({ body }) => body['errorCode']))).toEqual(new Set(['100003']));
    const busy = heard.filter(({ status }) => status !== 200);
    expect(busy.length).toBeGreaterThan(0);
    for (const one of busy) expectBusy(one);
    // 5 a second, 10 at once: all of them are still there.
    const honestly = await Promise.all(Array.from({ length: 10 }, () => sendFor(counter, 'P1', honest)));
    expect(honestly.map(({ body }) => body['status'])).toEqual(Array(10).fill('SUCCESS'));
  });
});
