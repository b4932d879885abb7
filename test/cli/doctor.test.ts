/** `qianzhi doctor` on real servers, with the rooms in this process: it finds what was broken on purpose, and says what to do about it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startAdapters } from '../../adapters/main.ts';
import { examine } from '../../cli/doctor/examine.ts';
import type { Finding } from '../../cli/doctor/finding.ts';
import { pathsOf, settingsOf } from '../../cli/installation.ts';
import { main } from '../../cli/main.ts';
import { startGateway } from '../../gateway/main.ts';
import { startLedger } from '../../ledger/main.ts';
import { lines } from '../../runtime/bus/lines.ts';
import { openBus } from '../../runtime/bus/open.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import type { Stop } from '../../runtime/lifecycle.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { once, sql } from '../../runtime/postgres/sql.ts';
import { quiet } from '../runtime/bus-grounds.ts';
import {
  amqpUrl,
  describeOnServers,
  type FreshDatabase,
  freePort,
  freshDatabase,
  freshPrefix,
  redisUrl,
  serverDatabaseUrl,
  waitFor,
} from '../servers.ts';

const CANARY_MS = 3_000;

async function qianzhi(...words: readonly string[]): Promise<{ out: string; err: string; code: number }> {
  const said = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await main(['node', 'qianzhi', ...words]);
    return { ...said, code: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
    out.mockRestore();
    err.mockRestore();
  }
}

type Room = 'ledger' | 'adapters' | 'gateway';

function house(kind: 'rabbitmq' | 'postgres'): void {
  let home: string;
  let fresh: FreshDatabase;
  const prefix = freshPrefix().slice(0, -1);
  const stops = new Map<Room, Stop>();

  const start = async (room: Room): Promise<void> => {
    const config = settingsOf(pathsOf(home));
    const bus = await openBus({ bus: config.bus, database: { url: fresh.url }, log: quiet, name: room });
    const metrics = openMetrics({ ofProcess: false });
    const parts = { databaseUrl: fresh.url, bus, log: quiet, metrics, clock: systemClock };
    const { gateway, adapters } = config;
    if (gateway === undefined || adapters === undefined) throw new Error('the settings lack a room');
    const stop =
      room === 'ledger'
        ? await startLedger(config.ledger, parts)
        : room === 'gateway'
          ? await startGateway(gateway, parts)
          : await startAdapters(adapters, parts);
    stops.set(room, async () => {
      await stop();
      await bus.close();
    });
  };
  const stop = async (room: Room): Promise<void> => {
    await stops.get(room)?.();
    stops.delete(room);
  };
  const look = (clock: Clock = systemClock): Promise<readonly Finding[]> =>
    examine(pathsOf(home), { clock, canaryMs: CANARY_MS });
  const troubles = async (clock?: Clock): Promise<readonly Finding[]> =>
    (await look(clock)).filter(({ trouble }) => trouble !== undefined);
  const owner = async (...texts: readonly ReturnType<typeof sql>[]): Promise<void> => {
    const database = openDatabase({ url: fresh.url, max: 1 });
    try {
      for (const text of texts) await database.execute(once(text));
    } finally {
      await database.close();
    }
  };
  const queueOf = (line: string): string =>
    kind === 'rabbitmq' ? `${prefix}.${line}` : `bus.${line.replaceAll('.', '_')}`;
  const onBroker = async (act: (queue: (name: string) => Promise<unknown>) => Promise<void>): Promise<void> => {
    const model = await connect(amqpUrl());
    const channel = await model.createChannel();
    await act((name) => channel.deleteQueue(name));
    await model.close();
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'qianzhi-doctor-'));
    fresh = await freshDatabase(serverDatabaseUrl());
    const ports = ['--gateway-port', String(await freePort()), '--adapters-port', String(await freePort())];
    const servers = ['--database-url', fresh.url, '--redis-url', redisUrl(), '--prefix', prefix];
    const broker = kind === 'rabbitmq' ? ['--amqp-url', amqpUrl()] : [];
    const done = { code: 0 };
    expect(await qianzhi('init', '--home', home, ...ports, ...servers, ...broker)).toMatchObject(done);
    expect(await qianzhi('channel', 'new-key', 'PAYSIM', '--home', home)).toMatchObject(done);
    const company = ['--kind', 'payment-company', '--url', 'http://127.0.0.1:9', '--merchant-no', 'M1'];
    const key = ['--public-key', join(home, 'keys/channel-PAYSIM.pub.pem')];
    expect(await qianzhi('channel', 'add', 'PAYSIM', '--home', home, ...company, ...key)).toMatchObject(done);
    expect(await qianzhi('migrate', '--home', home)).toMatchObject(done);
    for (const room of ['ledger', 'adapters', 'gateway'] as const) await start(room);
  });
  afterEach(async () => {
    for (const room of ['ledger', 'adapters', 'gateway'] as const) if (!stops.has(room)) await start(room);
  });
  afterAll(async () => {
    for (const room of [...stops.keys()]) await stop(room);
    if (kind === 'rabbitmq')
      await onBroker(async (remove) => {
        for (const { name } of lines) await remove(queueOf(name));
        await remove(queueOf('ledger.query'));
      });
    await fresh.drop();
    await rm(home, { recursive: true, force: true });
  });

  test('a house that is well is found well, every queue answers, and no business is disturbed', async () => {
    const findings = await look();
    expect(findings.filter(({ trouble }) => trouble !== undefined)).toEqual([]);
    for (const { name } of lines) expect(findings).toContainEqual({ what: `queue ${queueOf(name)}` });
    expect(findings).toContainEqual({ what: 'questions and replies' });
    const { out, code } = await qianzhi('doctor', '--home', home);
    expect(out).not.toContain('BAD');
    expect(code).toBe(0);
    for (const room of ['ledger', 'gateway', 'adapters'])
      expect(findings).toContainEqual({ what: `parked messages of ${room}` });
  });

  test('a stopped ledger is told by each of its queues, and how to start it', async () => {
    await stop('ledger');
    const found = await troubles();
    for (const partition of [0, 1, 2, 3]) {
      const queue = queueOf(`ledger.instruction.${partition}`);
      expect(found.find(({ what }) => what === `queue ${queue}`)).toMatchObject({
        trouble: expect.stringMatching(/^no consumer on /),
        todo: expect.stringContaining('qianzhi start ledger'),
      });
    }
    expect(found.find(({ what }) => what === 'questions and replies')).toMatchObject({
      todo: expect.stringContaining('qianzhi start ledger'),
    });
    expect(found.filter(({ what }) => what.includes('gateway.') || what.includes('adapters.'))).toEqual([]);
    const { out, code } = await qianzhi('doctor', '--home', home, '--json', '--canary-ms', '200');
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ what: 'questions and replies' }));
    expect(code).toBe(1);
    // What nobody was there for is nothing to whoever comes.
    await start('ledger');
    await waitFor(async () => (await troubles()).length === 0, { what: 'the house to be well', deadlineMs: 40_000 });
  });

  test('a clock of ours that is an hour off is told by every clock there is', async () => {
    const found = await troubles({ now: () => Date.now() + 3_600_000 });
    for (const what of [
      "the database's clock",
      'Redis and its clock',
      'gateway and its clock',
      'adapters and their clock',
    ])
      expect(found.find((one) => one.what === what)).toMatchObject({
        trouble: expect.stringMatching(/^its clock is 60 min behind ours$/),
        todo: expect.stringContaining('NTP'),
      });
    const behind = await troubles({ now: () => Date.now() - 3_600_000 });
    expect(behind.find(({ what }) => what === "the database's clock")?.trouble).toBe(
      'its clock is 60 min ahead of ours',
    );
  });

  test('a schema that is older or newer than this build is told, with what to run', async () => {
    await owner(sql`insert into gateway.migration (name, run_on) values ('9999_of_tomorrow', now())`);
    expect((await troubles()).find(({ what }) => what === 'schema gateway')).toMatchObject({
      trouble: 'it has 9999_of_tomorrow, which this build does not know',
      todo: expect.stringContaining('newer'),
    });
    await owner(sql`delete from gateway.migration where name = '9999_of_tomorrow'`);
    await owner(sql`update ledger.migration set name = '0000_of_yesterday' where name = '0001_books'`);
    expect((await troubles()).find(({ what }) => what === 'schema ledger')).toMatchObject({
      trouble: expect.stringContaining('0001_books'),
      todo: `run \`qianzhi migrate --home ${home}\``,
    });
    await owner(sql`update ledger.migration set name = '0001_books' where name = '0000_of_yesterday'`);
    expect(await troubles()).toEqual([]);
  });

  test('what waits too long or was set aside is counted, with the command that goes on with it', async () => {
    await owner(
      sql`insert into ledger.parked (queue, partition, family, platform_no, message_id, body, reason, attempts)
        select 'ledger.instruction', 0, 'instruction', 'P1', 'm' || n, '{}', 'Defect: a bug', 3 from generate_series(1, 1500) n`,
      sql`insert into gateway.evidence (id, kind, platform_no, service_name, request_no, digest, raw, received_at)
        values ('018f0000-0000-7000-8000-000000000001', 'PLATFORM', 'P1', 'RECHARGE', 'R1', sha256('x'), 'x', now() - interval '1 hour')`,
      sql`insert into gateway.pending (evidence_id, platform_no, body, due_at)
        values ('018f0000-0000-7000-8000-000000000001', 'P1', '{}', now() + interval '1 hour')`,
      sql`insert into gateway.notification (id, platform_no, event, service_name, request_no, resp_data, state, due_at)
        values ('018f0000-0000-7000-8000-000000000002', 'P1', 'R1:SUCCESS', 'RECHARGE', 'R1', 'x', 'PARKED', now())`,
      sql`insert into adapters.difference (channel, platform_no, about, kind, detail, found_at)
        values ('PAYSIM', 'P1', 'X', 'AMOUNT', 'other', 0)`,
    );
    await stop('adapters');
    await owner(sql`insert into adapters.outbox (family, platform_no, message_id, body, created_at)
      values ('presented', 'P1', 'x', '{"version":1}', now() - interval '10 minutes')`);
    const found = await troubles();
    const of = (what: string) => found.find((one) => one.what === what);
    expect(of('parked messages of ledger')).toEqual({
      what: 'parked messages of ledger',
      trouble: '1500 are set aside, the oldest because: Defect: a bug',
      todo: expect.stringContaining('qianzhi parked resume ledger ID'),
    });
    expect(of('instructions without an answer')?.trouble).toMatch(/^1, the oldest taken in 60 min ago$/);
    expect(of('parked notifications')?.todo).toContain('qianzhi notifications resend');
    expect(of('differences with channels')?.todo).toContain('qianzhi channel differences');
    expect(of('outbox of adapters')).toMatchObject({
      trouble: expect.stringMatching(/^1 messages are committed and not known to be handled, the oldest for 10 min$/),
      todo: expect.stringContaining('start adapters'),
    });
    for (const { todo } of found) expect(todo).not.toBe('');
    const listed = await qianzhi('channel', 'differences', '--json', '--home', home);
    expect(JSON.parse(listed.out)).toMatchObject({ channel: 'PAYSIM', platformNo: 'P1', about: 'X', kind: 'AMOUNT' });
    expect((await qianzhi('channel', 'differences', '--channel', 'OTHER', '--home', home)).out).toContain(
      'no difference',
    );
    await owner(
      sql`delete from adapters.outbox`,
      sql`delete from ledger.parked`,
      sql`delete from gateway.pending`,
      sql`delete from gateway.notification`,
      sql`delete from adapters.difference`,
    );
  });

  test('a platform none of whose keys can be used is told, and so is one whose last key soon ends', async () => {
    const key = sql`insert into gateway.platform_key (platform_no, key_serial, algorithm, public_key, valid_from, valid_to, revoked_at)
      values ('P9', 'A', 'RSA2', 'x', now() - interval '9 days', now() + interval '5 days', null),
        ('P8', 'A', 'RSA2', 'x', now() - interval '9 days', now() + interval '90 days', now()),
        ('P8', 'B', 'RSA2', 'x', now() - interval '9 days', now() - interval '1 day', null)`;
    await owner(
      sql`insert into gateway.platform (platform_no, name, profile, notify_url, notify_allow)
        values ('P8', 'p', 'strict', 'http://127.0.0.1/', '{}'), ('P9', 'p', 'strict', 'http://127.0.0.1/', '{}')`,
      key,
    );
    const found = await troubles();
    expect(found.find(({ what }) => what === 'keys of platform P9')).toMatchObject({
      trouble: 'its last usable key expires in 5 d',
      todo: expect.stringContaining('qianzhi keys add P9'),
    });
    expect(found.find(({ what }) => what === 'keys of platform P8')?.trouble).toMatch(
      /^none can be used \(revoked, expired\)/,
    );
    await owner(sql`delete from gateway.platform_key`, sql`delete from gateway.platform`);
  });

  if (kind === 'rabbitmq')
    test('a queue that was deleted while nobody ran is told, declared again, and well the next time', async () => {
      await stop('gateway');
      await stop('ledger');
      await stop('adapters');
      await onBroker(async (remove) => void (await remove(queueOf('gateway.result'))));
      const found = await troubles();
      expect(found.find(({ what }) => what === `queue ${queueOf('gateway.result')}`)).toMatchObject({
        trouble: expect.stringContaining('no consumer'),
        todo: expect.stringContaining('qianzhi start gateway'),
      });
      for (const room of ['ledger', 'adapters', 'gateway'] as const) await start(room);
      await waitFor(async () => (await troubles()).length === 0, { what: 'the house to be well', deadlineMs: 40_000 });
    });
  else
    test('a table of the bus that is gone is told', async () => {
      await owner(sql`alter table bus.gateway_result rename to gateway_result_gone`);
      expect((await troubles()).find(({ what }) => what === 'bus on postgres')).toMatchObject({
        trouble: 'bus.gateway_result: no such table',
      });
      await owner(sql`alter table bus.gateway_result_gone rename to gateway_result`);
    });
}

describeOnServers('the doctor of a house', () => {
  describe('on RabbitMQ', () => house('rabbitmq'));
  describe('whose bus is on PostgreSQL', () => house('postgres'));
});

test('help shows how the doctor is asked', async () => {
  const { out, code } = await qianzhi('doctor', '--help');
  expect(out).toContain('Examples:');
  expect(out).toContain('--json');
  expect(code).toBe(0);
});
