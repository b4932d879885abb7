/**
 * One step of one order: commit that we call, call, and settle what came, in three separate commits with no call inside any. What to do
 * follows from the row alone, so a step that died with its process is taken up by the next one: it asks before it sends again, and the
 * same number sent again is the same order.
 */
import type { Sealer } from '../certs/seal.ts';
import { decode } from '../contract/internal/codec.ts';
import type { OrderMessage } from '../contract/internal/order.ts';
import type { Clock } from '../runtime/clock.ts';
import { fault } from '../runtime/fault.ts';
import type { Database } from '../runtime/postgres/database.ts';
import type { Answer, Channel, ChannelOrder } from './channel.ts';
import { isOpen, type OrderRow, type Sending } from './rows.ts';
import { type Schedule, settle } from './settle.ts';
import { beginAttempt, endAttempt, putOff } from './statements.ts';

export interface Calling {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Where a channel calls back. */
  readonly notifyUrl: (channel: string) => string;
  /** How long an order that surely never left is tried; then it is a no. */
  readonly giveUpMs: number;
  /** Told of each answer, for metrics. */
  readonly answered: (act: Act, order: OrderRow, answer: Answer) => void;
}

export type Act = 'send' | 'ask' | 'close';

/** A channel that is configured no longer is looked for again after so long. */
const NO_CHANNEL_MS = 60_000;

/** Does what is due for a leased order. Throws `Unavailable` when the database is away: the lease then ends by itself. */
export async function step(calling: Calling, order: OrderRow): Promise<void> {
  const channel = calling.channels.get(order.channel);
  const now = calling.clock.now();
  if (channel === undefined) return putOff(calling.database, order, now + NO_CHANNEL_MS);
  const over = order.kind === 'collect' && order.expiresAt !== undefined && order.expiresAt <= now;
  if (!isOpen(order.state)) return call(calling, channel, order, 'ask');
  if (order.sending === 'never') {
    if (over) return conclude(calling, channel, order, no('EXPIRED', '订单未发送即已过期'));
    if (now - order.openedAt > calling.giveUpMs)
      return conclude(calling, channel, order, no('CHANNEL_UNREACHABLE', '渠道无法连接'));
    return call(calling, channel, order, 'send');
  }
  return call(calling, channel, order, over ? 'close' : 'ask');
}

const no = (channelErrorCode: string, channelErrorMessage: string): Answer => ({
  state: 'declined',
  channelErrorCode,
  channelErrorMessage,
});

async function call(calling: Calling, channel: Channel, order: OrderRow, act: Act): Promise<void> {
  const { database, clock } = calling;
  const since = clock.now();
  // Opened before the attempt is set down: what cannot be opened has surely not been sent.
  const asked = channelOrderOf(calling, order, act);
  const attempt = await beginAttempt(database, order, act, since);
  if (attempt === undefined) return;
  await fault(`adapters.${act}.before`);
  const answer = await channel[act](asked);
  await fault(`adapters.${act}.after`);
  calling.answered(act, order, answer);
  // Whoever died while sending may have sent nothing. The number is the order at the channel, so it may be sent again.
  if (act === 'ask' && answer.state === 'absent' && order.sending === 'begun' && isOpen(order.state)) {
    await endAttempt(database, attempt, answer.state, undefined, clock.now());
    return call(calling, channel, order, 'send');
  }
  const sending = sendingAfter(act, order.sending, answer);
  await database.transaction(async (transaction) => {
    const now = clock.now();
    await endAttempt(transaction, attempt, answer.state, 'why' in answer ? answer.why : undefined, now);
    await settle(transaction, calling.schedule, order.orderId, {
      answer,
      by: act,
      since,
      now,
      windowMs: channel.acceptanceWindowMs,
      sending,
      lease: order.lease,
    });
  });
}

/** Ends an order that never left us, without a call. */
async function conclude(calling: Calling, channel: Channel, order: OrderRow, answer: Answer): Promise<void> {
  const now = calling.clock.now();
  await calling.database.transaction(async (transaction) => {
    const told = {
      answer,
      by: 'close',
      since: now,
      now,
      windowMs: channel.acceptanceWindowMs,
      lease: order.lease,
    } as const;
    await settle(transaction, calling.schedule, order.orderId, told);
  });
}

function sendingAfter(act: Act, before: Sending, answer: Answer): Sending {
  switch (answer.state) {
    case 'unsent':
      return act === 'send' && before === 'never' ? 'never' : before;
    case 'unknown':
      return act === 'send' ? 'uncertain' : before;
    case 'absent':
      return before;
    default:
      return 'answered';
  }
}

/** The order for the call; personal data is opened only to send it. */
function channelOrderOf(calling: Calling, order: OrderRow, act: Act): ChannelOrder {
  const { party, returnUrl, refundOf, createdAt } = decode<OrderMessage>(order.message);
  const { sealer } = calling;
  return {
    orderId: order.orderId,
    kind: order.kind,
    platformNo: order.platformNo,
    amount: order.amount,
    createdAt,
    notifyUrl: calling.notifyUrl(order.channel),
    ...(returnUrl === undefined ? {} : { returnUrl }),
    ...(order.expiresAt === undefined ? {} : { expiresAt: order.expiresAt }),
    ...(refundOf === undefined ? {} : { refundOf }),
    ...(party === undefined || act !== 'send'
      ? {}
      : {
          party: {
            name: sealer.open('NAME', party.name),
            bankcard: sealer.open('BANK_CARD', party.bankcard),
            ...(party.idCardNo === undefined ? {} : { idCardNo: sealer.open('ID_CARD', party.idCardNo) }),
            ...(party.mobile === undefined ? {} : { mobile: sealer.open('MOBILE', party.mobile) }),
          },
        }),
  };
}
