/**
 * Takes what channels tell of their own accord: evidence first, sealed, then the one door, in one commit; only then the answer that makes
 * the channel stop telling. A forged callback leaves its evidence and changes nothing.
 */

import { sha256Hex } from '../certs/digest.ts';
import type { Sealer } from '../certs/seal.ts';
import type { Clock } from '../runtime/clock.ts';
import { fault } from '../runtime/fault.ts';
import type { Database, Statements } from '../runtime/postgres/database.ts';
import { sql } from '../runtime/postgres/sql.ts';
import type { CallbackRead, Channel, Headers } from './channel.ts';
import { type Schedule, settle } from './settle.ts';
import { takeNotice } from './settlements.ts';
import { addDifference, askSoon } from './statements.ts';

export interface TakingCallbacks {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly schedule: Schedule;
  /** Called after a commit: something may have become due, or is to be published. */
  readonly committed: () => void;
  readonly counted: (channel: string, verdict: Verdict) => void;
}

export type Verdict = 'order' | 'settlement' | 'forged' | 'unreadable' | 'strange';
/** taken: answer `success`. forged: it is not theirs. refused: it contradicts what was kept, for a person to see. */
export type Taken = 'taken' | 'forged' | 'refused';

/**
 * Takes one callback. Throws `Unavailable` when the database is away: the channel tells again.
 * @param keepsForged whether the evidence of one more forged callback is kept.
 */
export async function takeCallback(
  taking: TakingCallbacks,
  channel: Channel,
  headers: Headers,
  body: Buffer,
  keepsForged: () => boolean,
): Promise<Taken> {
  const now = taking.clock.now();
  const read = channel.readCallback(headers, body);
  if (read.is === 'forged' && !keepsForged()) {
    taking.counted(channel.name, 'forged');
    return 'forged';
  }
  const { verdict, taken } = await taking.database.transaction(async (transaction) => {
    const done = await act(taking, transaction, channel, read, now);
    await keepEvidence(taking.sealer, transaction, { channel: channel.name, read, verdict: done.verdict, body, now });
    return done;
  });
  await fault('adapters.callback.committed');
  taking.committed();
  taking.counted(channel.name, verdict);
  return taken;
}

async function act(
  taking: TakingCallbacks,
  transaction: Statements,
  channel: Channel,
  read: CallbackRead,
  now: number,
): Promise<{ readonly verdict: Verdict; readonly taken: Taken }> {
  switch (read.is) {
    case 'forged':
      return { verdict: 'forged', taken: 'forged' };
    case 'unreadable':
      // It is the channel's, so something happened: we ask what, instead of being told again.
      if (read.orderId !== undefined) await askSoon(transaction, read.orderId, now);
      return { verdict: 'unreadable', taken: 'taken' };
    case 'settlement': {
      const kept = await takeNotice(transaction, channel.name, read.notice, now);
      return { verdict: 'settlement', taken: kept === 'kept' ? 'taken' : 'refused' };
    }
    case 'order': {
      const { orderId, answer } = read;
      const owned = await transaction.row(sql`
        select 1 as one from adapters.channel_order
        where order_id = ${orderId} and channel = ${channel.name} and kind = ${read.kind}
          and platform_no = ${read.platformNo}`);
      if (owned === undefined) {
        const difference = {
          channel: channel.name,
          about: orderId,
          kind: 'STRANGE',
          detail: 'told of an order that it has not from us',
        };
        await addDifference(transaction, difference, now);
        return { verdict: 'strange', taken: 'taken' };
      }
      const windowMs = channel.acceptanceWindowMs;
      const told = { answer, by: 'callback', since: now, now, windowMs, sending: 'answered' } as const;
      await settle(transaction, taking.schedule, orderId, told);
      return { verdict: 'order', taken: 'taken' };
    }
  }
}

interface Evidence {
  readonly channel: string;
  readonly read: CallbackRead;
  readonly verdict: Verdict;
  readonly body: Buffer;
  readonly now: number;
}

/** The label that evidence is sealed under; opening needs it again. */
export const evidenceLabel = (channel: string): string => `callback ${channel}`;

/** Keeps a callback's bytes, sealed; the same again is counted, so that a flood of one message is one row. */
async function keepEvidence(sealer: Sealer, transaction: Statements, evidence: Evidence): Promise<void> {
  const { channel, read, verdict, body, now } = evidence;
  const why = 'why' in read ? read.why : null;
  const orderId = 'orderId' in read ? (read.orderId ?? null) : null;
  await transaction.execute(sql`
    insert into adapters.callback (channel, verdict, why, order_id, digest, body, first_at, last_at)
    values (${channel}, ${verdict}, ${why}, ${orderId}, ${sha256Hex(body)},
      ${sealer.sealBytes(evidenceLabel(channel), body)}, ${now}, ${now})
    on conflict (channel, digest, verdict) do update set times = callback.times + 1, last_at = excluded.last_at`);
}
