/**
 * The one door: whatever a channel said of an order, in an answer, a callback or when asked, passes here. In one commit the order moves on,
 * what contradicts is set down as a difference, and what the books and the user's page must know is put into the outbox.
 */
import { sha256Hex } from '../certs/digest.ts';
import { encode } from '../contract/internal/codec.ts';
import type { InstructionMessage, OrderOutcome, Outcome } from '../contract/internal/instruction.ts';
import type { PresentedMessage } from '../contract/internal/order.ts';
import type { Outgoing } from '../runtime/bus/port.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import type { Statements } from '../runtime/postgres/database.ts';
import { stageStatement } from '../runtime/postgres/outbox.ts';
import type { Answer } from './channel.ts';
import { decide, type Move } from './moves.ts';
import { isOpen, type OrderRow, type Sending } from './rows.ts';
import { addDifference, lockOrder, moveOrder } from './statements.ts';

/** What came, and how. */
export interface Told {
  readonly answer: Answer;
  readonly by: 'send' | 'ask' | 'close' | 'callback';
  /** When the call was begun, or the callback came. */
  readonly since: number;
  readonly now: number;
  readonly windowMs: number;
  /** What is known of the sending now; absent: as before. */
  readonly sending?: Sending;
  /** The lease to give back. */
  readonly lease?: bigint;
}

/** When open orders are asked about. */
export interface Schedule {
  readonly askAfterMs: number;
  readonly askAtMostEveryMs: number;
}

/** Shortly after its expiry a collection is closed at the channel. */
const AFTER_EXPIRY_MS = 200;

/** Settles what was told; undefined when there is no such order. Call inside a transaction; nudge the relay after its commit. */
export async function settle(
  transaction: Statements,
  schedule: Schedule,
  orderId: string,
  told: Told,
): Promise<{ readonly order: OrderRow; readonly move: Move } | undefined> {
  const order = await lockOrder(transaction, orderId);
  if (order === undefined) return undefined;
  const move = decide(order, told.answer, told.now, told.windowMs, told.by !== 'callback');
  const asks = told.by === 'ask' || told.by === 'close' ? order.asks + 1 : 0;
  const notDone = told.by !== 'callback' && (told.answer.state === 'pending' || told.answer.state === 'presented');
  await moveOrder(transaction, order, move, {
    asks,
    nextAt: isOpen(move.state) || confirming(order, move, told) ? nextAt(order, told, asks, schedule) : undefined,
    ...(told.sending === undefined ? {} : { sending: told.sending }),
    ...(told.lease === undefined ? {} : { lease: told.lease }),
    ...(notDone ? { pendingAsOf: told.since } : {}),
  });
  if (move.difference !== undefined) {
    const { kind, detail } = move.difference;
    const { channel, platformNo } = order;
    await addDifference(transaction, { channel, platformNo, about: order.orderId, kind, detail }, told.now);
  }
  const messages = messagesOf(order, move, told.now);
  if (messages.length > 0) await transaction.execute(stageStatement('adapters', messages));
  return { order, move };
}

/** Whether a final order is asked about once more: a late yes was told, or our question about it got no answer. */
function confirming(order: OrderRow, move: Move, { by, answer }: Told): boolean {
  if (move.confirm === true) return true;
  return order.state === 'declined' && order.kind === 'collect' && by === 'ask' && NO_ANSWER.includes(answer.state);
}

const NO_ANSWER: readonly Answer['state'][] = ['unknown', 'unsent'];

/** A callback that did not end the order is a reason to ask at once; else the gaps double. */
function nextAt(order: OrderRow, told: Told, asks: number, schedule: Schedule): number {
  const { state } = told.answer;
  if (told.by === 'callback' && state !== 'pending' && state !== 'presented') return told.now;
  const gap = Math.min(schedule.askAfterMs * 2 ** Math.min(asks, 20), schedule.askAtMostEveryMs);
  const expiresAt = expiryOf(order);
  const due = told.now + gap;
  return expiresAt !== undefined && expiresAt >= told.now ? Math.min(due, expiresAt + AFTER_EXPIRY_MS) : due;
}

/** When a collection must no longer be paid. */
const expiryOf = (order: OrderRow): number | undefined => (order.kind === 'collect' ? order.expiresAt : undefined);

function messagesOf(order: OrderRow, move: Move, now: number): readonly Outgoing[] {
  const common = { platformNo: order.platformNo, ...(order.trace === undefined ? {} : { trace: order.trace }) };
  const messages: Outgoing[] = [];
  if (move.presentation !== undefined) {
    const { orderId, platformNo, requestNo } = order;
    const message: PresentedMessage = { version: 1, orderId, platformNo, requestNo, presentation: move.presentation };
    messages.push({ ...common, family: 'presented', messageId: uuidv7(), body: encode(message) });
  }
  for (const outcome of move.outcomes) {
    const message = instructionOf(order, outcome, now);
    messages.push({ ...common, family: 'outcome', messageId: message.messageId, body: encode(message) });
  }
  return messages;
}

function instructionOf(order: OrderRow, outcome: Outcome, now: number): InstructionMessage {
  const { orderId, requestNo, kind, channel, platformNo } = order;
  const act: OrderOutcome = { service: 'ORDER_OUTCOME', orderId, requestNo, kind, channel, outcome };
  return {
    version: 1,
    messageId: uuidv7(),
    platformNo,
    origin: 'ORDER',
    number: `${orderId}:${outcome.state}`,
    digest: sha256Hex(encode(act)),
    receivedAt: now,
    act,
  };
}
