/** Retries: finished answers from Redis for the very same content, and the books' claim for everything else, whatever Redis does. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../contract/internal/reply.ts';
import { Unavailable } from '../../runtime/failure.ts';
import { type Cache, openRedis } from '../../runtime/redis.ts';
import { describeOnDatabase, describeOnRedis, freshPrefix, redisUrl, waitFor } from '../servers.ts';
import { success } from './books.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner } from './counter.ts';

/** A cache in memory that can be told to be away, slow, or to lie. */
class Memory implements Cache {
  readonly values = new Map<string, string>();
  mode: 'well' | 'away' | 'silent' = 'well';
  lookups = 0;

  async get(key: string): Promise<string | undefined> {
    this.lookups += 1;
    if (this.mode === 'away') throw new Unavailable('Redis is away');
    if (this.mode === 'silent') return new Promise(() => undefined);
    return this.values.get(key);
  }
  async set(key: string, value: string): Promise<void> {
    if (this.mode === 'away') throw new Unavailable('Redis is away');
    this.values.set(key, value);
  }
  async setIfAbsent(): Promise<boolean> {
    throw new Error('nothing is decided by it');
  }
  async delete(key: string): Promise<void> {
    this.values.delete(key);
  }
  async time(): Promise<number> {
    return Date.now();
  }
  unwell(): string | undefined {
    return this.mode === 'well' ? undefined : 'Redis: away';
  }
  async close(): Promise<void> {}
}

const project = (requestNo: string, status = 'REPAYING') => ({ requestNo, projectNo: 'J1', status });

describeOnDatabase('a retry', (server) => {
  let counter: Counter;
  let signer: PlatformSigner;
  const memory = new Memory();

  beforeAll(async () => {
    counter = await Counter.open(server, { redis: memory, settings: { waitMs: 500 } });
    signer = await platformSigner('K1', 'ED25519');
    await counter.register([signer]);
  });
  afterAll(() => counter.close());
  afterEach(() => {
    counter.books.answer = () => success;
    memory.mode = 'well';
  });
  const published = (requestNo: string): number =>
    counter.books.instructions.filter(({ number }) => number === requestNo).length;

  test('of the same content is answered with the finished answer, without the books, and its evidence is kept', async () => {
    const requestNo = freshNumber();
    counter.books.answer = () => ({ ...success, fields: { first: 'only' } });
    const first = await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    counter.books.answer = () => ({ ...success, fields: { second: 'never' } });
    const second = await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    expect(second.text).toBe(first.text);
    expect(published(requestNo)).toBe(1);
    const { rows } = await counter.database.query('select 1 from gateway.evidence where request_no = $1', [requestNo]);
    expect(rows).toHaveLength(2);
  });

  test('with other content goes to the books, which refuse it', async () => {
    const requestNo = freshNumber();
    await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    const refusal: Answer = {
      status: 'INIT',
      errorCode: '100013',
      errorMessage: '请求流水号重复',
      final: true,
      fields: {},
    };
    counter.books.answer = () => refusal;
    const heard = await counter.send(signer, 'MODIFY_PROJECT', project(requestNo, 'FINISH'));
    expect(heard.body).toMatchObject({ code: '0', status: 'INIT', errorCode: '100013' });
    expect(published(requestNo)).toBe(2);
  });

  test('of another platform with the same number goes to the books', async () => {
    const requestNo = freshNumber();
    const other = await platformSigner('K2', 'ED25519');
    await counter.register([other], { platformNo: 'P2' });
    await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    const envelope = await counter.envelope(other, 'MODIFY_PROJECT', project(requestNo), { platformNo: 'P2' });
    await counter.post(new URLSearchParams(envelope));
    expect(published(requestNo)).toBe(2);
  });

  test('of what has no last word yet goes to the books', async () => {
    const requestNo = freshNumber();
    counter.books.answer = () => ({ status: 'PROCESSING', final: false, fields: {} });
    await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    counter.books.answer = () => success;
    expect((await counter.send(signer, 'MODIFY_PROJECT', project(requestNo))).body['status']).toBe('SUCCESS');
    expect(published(requestNo)).toBe(2);
  });

  test('after Redis was emptied goes to the books', async () => {
    const requestNo = freshNumber();
    await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    memory.values.clear();
    await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    expect(published(requestNo)).toBe(2);
  });

  test('is not answered with what Redis makes up: garbage, another number’s answer, an altered one', async () => {
    const [requestNo, other] = [freshNumber(), freshNumber()];
    counter.books.answer = ({ number }) => ({ ...success, fields: { of: number } });
    await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
    await counter.send(signer, 'MODIFY_PROJECT', project(other));
    const keyOf = (number: string): string => [...memory.values.keys()].find((key) => key.endsWith(number)) ?? '';
    const [truth, foreign] = [memory.values.get(keyOf(requestNo)) ?? '', memory.values.get(keyOf(other)) ?? ''];
    expect(truth).not.toBe('');
    const altered = Buffer.from(truth, 'base64');
    altered[altered.length - 20] = (altered.at(-20) ?? 0) ^ 1;
    const lies = ['', 'garbage', foreign, altered.toString('base64'), truth.slice(0, 40)];
    for (const lie of lies) {
      memory.values.set(keyOf(requestNo), lie);
      const heard = await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
      expect(heard.body['of']).toBe(requestNo);
    }
    expect(published(requestNo)).toBe(1 + lies.length);
  });

  test('while Redis is away or silent goes to the books, and Redis is left alone for a while', async () => {
    for (const mode of ['away', 'silent'] as const) {
      const requestNo = freshNumber();
      memory.mode = 'well';
      await waitFor(async () => {
        const before = memory.lookups;
        await counter.send(signer, 'MODIFY_PROJECT', project(freshNumber()));
        return memory.lookups > before;
      });
      await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
      memory.mode = mode;
      const before = memory.lookups;
      for (const _ of [1, 2, 3]) {
        expect((await counter.send(signer, 'MODIFY_PROJECT', project(requestNo))).body['status']).toBe('SUCCESS');
      }
      expect(published(requestNo)).toBe(4);
      expect(memory.lookups).toBe(before + 1);
    }
    expect(await (await fetch(`${counter.url}/metrics`)).text()).toMatch(
      /qianzhi_gateway_finished_lookups_total\{outcome="degraded"\} [1-9]/,
    );
    const ready = await fetch(`${counter.url}/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ ready: true, degraded: ['Redis: away'] });
  });

  test('of the very same bytes hours later is refused by the clock', async () => {
    const envelope = new URLSearchParams(await counter.envelope(signer, 'MODIFY_PROJECT', project(freshNumber())));
    expect((await counter.post(envelope)).body['code']).toBe('0');
    counter.clock.offsetMs = 3 * 3_600_000;
    expect((await counter.post(envelope)).body).toMatchObject({ code: '1', errorCode: '100002' });
    counter.clock.offsetMs = 0;
  });
});

describe('with a real Redis', () => {
  describeOnRedis('a retry', () => {
    describeOnDatabase('of the same content', (server) => {
      test('is answered from it; it holds no word of the answer in clear; flushed, the books answer', async () => {
        const prefix = freshPrefix();
        const redis = openRedis({ url: redisUrl(), prefix });
        await waitFor(() => redis.unwell() === undefined);
        const counter = await Counter.open(server, { redis });
        try {
          const signer = await platformSigner('K1', 'ED25519');
          await counter.register([signer]);
          counter.books.answer = () => ({ ...success, fields: { word: 'in-clear' } });
          const requestNo = freshNumber();
          const first = await counter.send(signer, 'MODIFY_PROJECT', project(requestNo));
          const key = `answer:2:P1:${requestNo}`;
          const value = await waitFor(() => redis.get(key));
          expect(Buffer.from(value, 'base64').includes('in-clear')).toBe(false);
          expect((await counter.send(signer, 'MODIFY_PROJECT', project(requestNo))).text).toBe(first.text);
          expect(counter.books.instructions).toHaveLength(1);
          await redis.delete(key);
          expect((await counter.send(signer, 'MODIFY_PROJECT', project(requestNo))).text).toBe(first.text);
          expect(counter.books.instructions).toHaveLength(2);
        } finally {
          await counter.close();
          await redis.close();
        }
      });
    });
  });
});
