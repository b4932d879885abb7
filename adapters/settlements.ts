/**
 * A channel's settlement of a clearing day: kept when it is told, and told to the books once every order that may belong to the day is
 * known. Another settlement of the same day with other figures is refused, and is a difference.
 */
import { sha256Hex } from '../certs/digest.ts';
import { encode } from '../contract/internal/codec.ts';
import type { InstructionMessage, LotSettled } from '../contract/internal/instruction.ts';
import { fen } from '../contract/money.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import type { Database, Statements } from '../runtime/postgres/database.ts';
import { stageStatement } from '../runtime/postgres/outbox.ts';
import { sql } from '../runtime/postgres/sql.ts';
import type { SettlementNotice } from './channel.ts';
import { addDifference } from './statements.ts';

interface StoredSettlement {
  readonly channel: string;
  readonly platform_no: string;
  readonly clearing_day: string;
  readonly gross: bigint;
  readonly payouts: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly noticed_at: bigint;
  readonly checked_at: bigint | null;
}

const lotOf = (channel: string, clearingDay: string): string => `${channel}:${clearingDay}`;

/**
 * Keeps a notice and makes due what may still belong to its day. `refused`: another one was kept before, or the figures do not add up.
 * Call inside a transaction.
 */
export async function takeNotice(
  transaction: Statements,
  channel: string,
  notice: SettlementNotice,
  now: number,
): Promise<'kept' | 'refused'> {
  const { platformNo, clearingDay, gross, payouts, fee, net } = notice;
  const refuse = async (detail: string): Promise<'refused'> => {
    const about = `${lotOf(channel, clearingDay)} ${platformNo}`;
    await addDifference(transaction, { channel, platformNo, about, kind: 'SETTLEMENT', detail }, now);
    return 'refused';
  };
  const told = `gross ${gross}, payouts ${payouts}, fee ${fee}, net ${net}`;
  if (net !== gross - payouts - fee || fee < 0n) return refuse(`${told} does not add up`);
  await transaction.execute(sql`
    insert into adapters.settlement (channel, platform_no, clearing_day, gross, payouts, fee, net, noticed_at)
    values (${channel}, ${platformNo}, ${clearingDay}, ${gross}, ${payouts}, ${fee}, ${net}, ${now})
    on conflict do nothing`);
  const kept = await transaction.row<StoredSettlement>(sql`
    select * from adapters.settlement
    where channel = ${channel} and platform_no = ${platformNo} and clearing_day = ${clearingDay}`);
  if (kept?.gross !== gross || kept.payouts !== payouts || kept.fee !== fee)
    return refuse(`${told}; kept was gross ${kept?.gross}, payouts ${kept?.payouts}, fee ${kept?.fee}`);
  await transaction.execute(sql`
    update adapters.channel_order set next_at = ${now}
    where channel = ${channel} and platform_no = ${platformNo} and state in ('opened', 'pending', 'unknown')
      and next_at > ${now}`);
  return 'kept';
}

/** What our orders make of a lot. */
async function ours(transaction: Statements, lot: StoredSettlement): Promise<{ gross: bigint; payouts: bigint }> {
  const { channel, platform_no, clearing_day } = lot;
  const row = await transaction.row<{ gross: bigint; payouts: bigint }>(sql`
    with moved as (
      select o.kind, o.amount, coalesce(o.clearing_day = ${clearing_day}, false) as cleared,
        coalesce(o.returned_day = ${clearing_day}, false) as returned,
        coalesce((select c.clearing_day = o.clearing_day from adapters.channel_order c
          where c.order_id = o.message::jsonb ->> 'refundOf'), false) as same_day
      from adapters.channel_order o
      where o.channel = ${channel} and o.platform_no = ${platform_no} and o.state in ('settled', 'returned')
        and (o.clearing_day = ${clearing_day} or o.returned_day = ${clearing_day})
    )
    select
      coalesce(sum(amount) filter (where kind = 'collect'), 0)::bigint
        - coalesce(sum(amount) filter (where kind = 'refund' and same_day), 0)::bigint
        + coalesce(sum(amount) filter (where kind = 'payout' and returned and not cleared), 0)::bigint as gross,
      coalesce(sum(amount) filter (where kind = 'payout' and cleared and not returned), 0)::bigint
        + coalesce(sum(amount) filter (where kind = 'refund' and not same_day), 0)::bigint as payouts
    from moved`);
  return row ?? { gross: 0n, payouts: 0n };
}

/** How far back a pay-out may have been made that now comes back. */
const RETURN_MS = 30 * 86_400_000;

/** Pay-outs may have come back without our hearing of it: asks about each once. Answers how many there are to ask. */
async function askPayouts(transaction: Statements, lot: StoredSettlement, now: number): Promise<number> {
  await transaction.execute(sql`
    update adapters.settlement set checked_at = ${now}
    where channel = ${lot.channel} and platform_no = ${lot.platform_no} and clearing_day = ${lot.clearing_day}`);
  return transaction.execute(sql`
    update adapters.channel_order set next_at = ${now}
    where channel = ${lot.channel} and platform_no = ${lot.platform_no} and kind = 'payout' and state = 'settled'
      and clearing_day <= ${lot.clearing_day} and opened_at > ${now - RETURN_MS}`);
}

/**
 * Tells the books of each kept settlement whose orders are all known: none is open that may have been paid in that day, and ours add up to
 * the channel's figures, or its pay-outs were asked about and still do not. Answers whether something was told.
 */
export async function tellSettlements(database: Database, now: number): Promise<boolean> {
  const waiting = await database.row(sql`select 1 as one from adapters.settlement where told_at is null limit 1`);
  if (waiting === undefined) return false;
  return database.transaction(async (transaction) => {
    const ready = await transaction.rows<StoredSettlement>(sql`
      select * from adapters.settlement s
      where told_at is null and not exists (
        select from adapters.channel_order o
        where o.channel = s.channel and o.platform_no = s.platform_no and o.kind <> 'verify'
          and o.state in ('opened', 'pending', 'unknown')
          and o.opened_at <= s.noticed_at and coalesce(o.pending_as_of, 0) <= s.noticed_at
      ) and (checked_at is null or not exists (
        select from adapters.channel_order o
        where o.channel = s.channel and o.platform_no = s.platform_no and o.state = 'settled' and o.next_at is not null
      ))
      order by clearing_day for update skip locked`);
    let told = false;
    for (const lot of ready) {
      const { gross, payouts } = await ours(transaction, lot);
      const equal = gross === lot.gross && payouts === lot.payouts;
      if (!equal && lot.checked_at === null && (await askPayouts(transaction, lot, now)) > 0) continue;
      if (!equal) await setDown(transaction, lot, `ours are gross ${gross}, payouts ${payouts}`, now);
      await tell(transaction, lot, now);
      told = true;
    }
    return told;
  });
}

async function setDown(transaction: Statements, lot: StoredSettlement, ourSums: string, now: number): Promise<void> {
  const { channel, platform_no: platformNo, clearing_day, gross, payouts } = lot;
  const about = `${lotOf(channel, clearing_day)} ${platformNo}`;
  const detail = `the channel's are gross ${gross}, payouts ${payouts}; ${ourSums}`;
  await addDifference(transaction, { channel, platformNo, about, kind: 'SETTLEMENT', detail }, now);
}

async function tell(transaction: Statements, lot: StoredSettlement, now: number): Promise<void> {
  const { channel, platform_no: platformNo, clearing_day: clearingDay } = lot;
  const act: LotSettled = {
    service: 'LOT_SETTLED',
    channel,
    clearingDay,
    gross: fen(lot.gross),
    payouts: fen(lot.payouts),
    fee: fen(lot.fee),
    net: fen(lot.net),
  };
  const message: InstructionMessage = {
    version: 1,
    messageId: uuidv7(),
    platformNo,
    origin: 'LOT',
    number: lotOf(channel, clearingDay),
    digest: sha256Hex(encode(act)),
    receivedAt: now,
    act,
  };
  await transaction.execute(
    stageStatement('adapters', [
      { family: 'outcome', platformNo, messageId: message.messageId, body: encode(message) },
    ]),
  );
  await transaction.execute(sql`
    update adapters.settlement set told_at = ${now}
    where channel = ${channel} and platform_no = ${platformNo} and clearing_day = ${clearingDay}`);
}
