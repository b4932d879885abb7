/** The proofs on the database judged: a small right one satisfies them, and each wrong that is planted in it is found; so is what still moves. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../../runtime/postgres/migrate.ts';
import { describeOnDatabase, type FreshDatabase, freshDatabase } from '../../servers.ts';
import { proveOurselves } from './proofs.ts';
import { restless } from './settled.ts';

const digest = "decode(repeat('ab', 32), 'hex')";
const id = "'00000000-0000-7000-8000-000000000001'";
const claim = (number: string, journal: number, state: string, service = 'SYNC_TRANSACTION'): string => `
  insert into ledger.instruction (id, received_at, message_id, origin, state, platform_no, number, digest, service)
  values (${journal}, now(), ${id}, 'PLATFORM', '${state}', '10001', '${number}', ${digest}, '${service}');`;
const order = (orderId: string): string => `
  insert into adapters.channel_order (order_id, channel, kind, platform_no, request_no, amount, message, digest, opened_at, state, error_code)
  values ('${orderId}', 'PAYSIM', 'collect', '10001', 'Q1', 100, '{}', '', 0, 'declined', 'x');`;

/** 5.00 from one account to another. */
const right = `
  insert into ledger.account (id, balance, held, version, platform_no, code, currency) values
    (1, 500, 0, 1, '10001', 'CUSTODY', 'CNY'), (2, 500, 100, 1, '10001', 'USER:a', 'CNY');
  insert into ledger.journal (id, received_at, day, platform_no) values (10, now(), now(), '10001');
  insert into ledger.entry (account_id, version, journal_id, contra_id, amount, balance_after, side) values
    (1, 1, 10, 2, 500, 500, 'D'), (2, 1, 10, 1, 500, 500, 'C');
  insert into gateway.evidence (id, kind, platform_no, service_name, request_no, digest, raw, received_at)
  values (${id}, 'PLATFORM', '10001', 'SYNC_TRANSACTION', 'T1', ${digest}, '', now());
  ${claim('T1', 10, 'DONE')}
  ${claim('T2', 11, 'REFUSED')}
  ${order('A'.repeat(24))}`;

const entry = (account: number, version: number, journal: number, amount: number, side: string): string => `
  insert into ledger.entry (account_id, version, journal_id, contra_id, amount, balance_after, side)
  values (${account}, ${version}, ${journal}, 1, ${amount}, 0, '${side}');`;

const wrongs: readonly (readonly [what: string, kind: string, sql: string])[] = [
  ['a journal does not balance', 'wrong', entry(2, 2, 10, 1, 'C')],
  ['entries do not sum to 0', 'wrong', entry(2, 2, 10, 1, 'C')],
  ['a balance is not the sum of its entries', 'wrong', 'update ledger.account set balance = 501 where id = 2'],
  [
    'a balance is below its floor',
    'wrong',
    'alter table ledger.account drop constraint account_held_covered; update ledger.account set held = 600 where id = 2',
  ],
  [
    'an instruction has posted twice or without a claim',
    'doubled',
    `insert into ledger.journal (id, received_at, day, platform_no) values (12, now(), now(), '10001')`,
  ],
  [
    'a refused instruction has moved money',
    'wrong',
    `insert into ledger.journal (id, received_at, day, platform_no) values (11, now(), now(), '10001')`,
  ],
  ['a trade was done without a journal', 'wrong', claim('T3', 13, 'DONE')],
  ['a number has more than one order', 'doubled', order('B'.repeat(24))],
  [
    'a claim of the books has no evidence',
    'wrong',
    "update ledger.instruction set digest = decode(repeat('cd', 32), 'hex')",
  ],
];

describeOnDatabase('the proofs', (server) => {
  let database: FreshDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await freshDatabase(server.url);
    for (const room of ['bus', 'ledger', 'adapters', 'gateway'] as const) await migrate({ url: database.url, room });
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(right);
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  /** What `look` finds once the database is spoilt, which it is not afterwards. */
  const spoilt = async <T>(sql: string, look: () => Promise<T>): Promise<T> => {
    await client.query('begin');
    try {
      await client.query(sql);
      return await look();
    } finally {
      await client.query('rollback');
    }
  };

  test('find nothing where everything is right', async () => {
    expect(await proveOurselves(client)).toEqual([]);
  });

  test.each(wrongs)('find that %s', async (what, kind, sql) => {
    const findings = await spoilt(sql, () => proveOurselves(client));
    expect(findings).toContainEqual(expect.objectContaining({ kind, words: expect.stringContaining(what) }));
  });

  const world = { databaseUrl: '', gatewayUrls: [], logsFolder: '', companyControlUrl: '' };

  test.each([
    [
      'pending',
      `insert into gateway.pending (evidence_id, platform_no, body, due_at) values (${id}, '10001', '', now())`,
    ],
    [
      'the outbox of the ledger',
      `insert into ledger.outbox (family, platform_no, message_id, body) values ('result', '10001', 'm', '')`,
    ],
    ['instructions have no final state', "update ledger.instruction set state = 'OPEN'"],
    [
      'orders have no final state',
      "insert into adapters.channel_order (order_id, channel, kind, platform_no, request_no, amount, message, digest, opened_at) values (repeat('C', 24), 'P', 'collect', '10001', 'Q2', 1, '', '', 0)",
    ],
    [
      'messages are parked',
      `insert into ledger.parked (queue, partition, family, platform_no, message_id, body, reason, attempts) values ('q', 0, 'f', '10001', 'm', '', 'broken', 3)`,
    ],
    [
      'messages are in the queue adapters_order',
      `insert into bus.adapters_order (family, platform_no, message_id, body) values ('order', '10001', 'm', '')`,
    ],
    [
      'notifications are due',
      `insert into gateway.notification (id, platform_no, event, service_name, request_no, resp_data, due_at) values (${id}, '10001', 'e', 's', 'r', '', now())`,
    ],
  ])('see what still moves: %s', async (what, sql) => {
    expect(await restless(client, world)).toEqual([]);
    const moving = await spoilt(sql, () => restless(client, world));
    expect(moving).toEqual([expect.stringContaining(what)]);
  });
});
