/** Whether everything has come to rest after healing: nothing waits to be published, sent, answered, told or ended any more. */
import amqplib from 'amqplib';
import type pg from 'pg';
import type { SettledWorld } from '../interface.ts';
import type { Finding } from './finding.ts';

/** What still moves, by what it is: a count, and examples for whoever looks. */
export const unrest: Readonly<Record<string, string>> = {
  'instructions wait for an answer of the books (gateway.pending)': `
    select count(*), string_agg(platform_no || ' ' || evidence_id || ' due ' || due_at, '; ') as examples
    from (select * from gateway.pending limit 5) as few`,
  'the outbox of the ledger is not empty': `
    select count(*), string_agg(family || ' ' || message_id, '; ') as examples from (select * from ledger.outbox limit 5) as few`,
  'the outbox of adapters is not empty': `
    select count(*), string_agg(family || ' ' || message_id, '; ') as examples from (select * from adapters.outbox limit 5) as few`,
  'pages have not ended': `
    select count(*), string_agg(platform_no || ' ' || request_no || ' ' || state || ' due ' || due_at, '; ') as examples
    from (select * from gateway.page where state <> 'ENDED' limit 5) as few`,
  // The act on a page has no state of its own: it moves its page's number, whose state counts.
  'instructions have no final state': `
    select count(*), string_agg(platform_no || ' ' || number || ' ' || service, '; ') as examples
    from (select * from ledger.instruction where state = 'OPEN' and origin <> 'PAGE' limit 5) as few`,
  'orders have no final state': `
    select count(*), string_agg(platform_no || ' ' || request_no || ' ' || state || ' ' || sending || ' next ' || to_timestamp(next_at / 1000), '; ') as examples
    from (select * from adapters.channel_order where state in ('opened', 'pending', 'unknown') limit 5) as few`,
  'payments have no final state': `
    select count(*), string_agg(request_no || ' ' || status, '; ') as examples
    from (select request_no, status from ledger.recharge where status in ('INIT', 'PENDDING')
      union all select request_no, status from ledger.withdrawal where status in ('INIT', 'CONFIRMING', 'ACCEPT', 'REMITING') limit 5) as few`,
  'lots have not arrived though their settlement was told': `
    select count(*), string_agg(platform_no || ' ' || lot || ' ' || state, '; ') as examples
    from (select * from ledger.lot where state = 'DIFFERENCE' limit 5) as few`,
  'settlements were not told to the books': `
    select count(*), string_agg(platform_no || ' ' || clearing_day, '; ') as examples
    from (select * from adapters.settlement where told_at is null limit 5) as few`,
  'notifications are due': `
    select count(*), string_agg(platform_no || ' ' || event || ' attempts ' || attempts || ' due ' || due_at || ' ' || coalesce(last_error, ''), '; ') as examples
    from (select * from gateway.notification where state = 'DUE' limit 5) as few`,
  'messages are parked': `
    select count(*), string_agg(queue || ' ' || platform_no || ' ' || message_id || ': ' || reason, '; ') as examples
    from (select * from ledger.parked where unparked_at is null union all select * from adapters.parked where unparked_at is null
      union all select * from gateway.parked where unparked_at is null limit 5) as few`,
};

const busLines = `select table_name from information_schema.tables
  where table_schema = 'bus' and table_name ~ '^(ledger_instruction|adapters_order|gateway_presented|gateway_result)'`;

/** What still moves now; empty when all is at rest. Throws when it cannot be seen. */
export async function restless(client: pg.Client, world: SettledWorld): Promise<readonly string[]> {
  const moving: string[] = [];
  for (const [what, text] of Object.entries(unrest)) {
    const row = (await client.query<{ count: bigint; examples: string | null }>(text)).rows[0];
    if ((row?.count ?? 0n) > 0n) moving.push(`${what}: ${row?.examples ?? ''}`);
  }
  if (world.amqp === undefined) {
    for (const { table_name } of (await client.query<{ table_name: string }>(busLines)).rows) {
      const row = (await client.query<{ count: bigint }>(`select count(*) from bus."${table_name}"`)).rows[0];
      if ((row?.count ?? 0n) > 0n) moving.push(`${row?.count} messages are in the queue ${table_name}`);
    }
  } else moving.push(...(await queued(world.amqp)));
  return moving;
}

const queueNames = [0, 1, 2, 3]
  .map((partition) => `ledger.instruction.${partition}`)
  .concat(['adapters.order', 'gateway.presented', 'gateway.result']);

async function queued({ url, prefix }: { readonly url: string; readonly prefix: string }): Promise<readonly string[]> {
  const connection = await amqplib.connect(url);
  connection.on('error', () => undefined);
  const moving: string[] = [];
  try {
    for (const name of queueNames) {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      const queue = await channel.checkQueue(prefix + name).catch(() => undefined);
      if (queue === undefined) moving.push(`there is no queue ${prefix}${name}`);
      else {
        if (queue.messageCount > 0) moving.push(`${queue.messageCount} messages are in the queue ${queue.queue}`);
        await channel.close();
      }
    }
  } finally {
    await connection.close().catch(() => undefined);
  }
  return moving;
}

/** What did not come to rest, as findings. */
export const unsettled = (moving: readonly string[]): readonly Finding[] =>
  moving.map((words) => ({
    kind: words.startsWith('notifications') ? 'undelivered' : 'wrong',
    words: `not at rest: ${words}`,
  }));
