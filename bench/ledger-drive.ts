/**
 * What the ledger's benchmark gives to do, and to whom: signed and parsed elsewhere, here are the instructions as the bus delivers them, and
 * the shells of all partitions on one database.
 */
import { createHash } from 'node:crypto';
import { isRejection } from '../contract/codes.ts';
import { encode } from '../contract/internal/codec.ts';
import type { Act, InstructionMessage, PlatformAct } from '../contract/internal/instruction.ts';
import { type Fen, fen } from '../contract/money.ts';
import type { AsyncTransaction } from '../contract/requests/async-transaction.ts';
import type { SyncTransaction } from '../contract/requests/sync-transaction.ts';
import { partitionOf } from '../contract/topology.ts';
import { openShell, type Shell } from '../ledger/handle.ts';
import { told } from '../ledger/operations/answers.ts';
import { rules } from '../ledger/rules.ts';
import type { Rules } from '../ledger/turn.ts';
import type { Delivered } from '../runtime/bus/port.ts';
import { Unavailable } from '../runtime/failure.ts';
import { orderId, uuidv7 } from '../runtime/identifiers.ts';
import type { Database } from '../runtime/postgres/database.ts';
import { COLLABORATOR, type HoldToCapture } from './ledger-load.ts';

/**
 * The rules, with a durable event of each trade besides its answer: a single trade is only answered, but a journal with its full record has one
 * in the outbox too, as trades of a batch, recharges and withdrawals do.
 */
const toldRules: Rules = {
  ...rules,
  decide(instruction, book, facts) {
    const decision = rules.decide(instruction, book, facts);
    if (isRejection(decision)) return decision;
    const about = {
      platformNo: instruction.platformNo,
      requestNo: instruction.number,
      serviceName: 'SYNC_TRANSACTION' as const,
    };
    return {
      ...decision,
      results: [...decision.results, told(about, 'SUCCESS', instruction.receivedAt, decision.answer)],
    };
  },
};

/** A loan's release: investor to borrower, which captures a bid and makes a share. */
const release = (number: string, hold: HoldToCapture): SyncTransaction =>
  ({
    requestNo: number,
    tradeType: 'TENDER',
    projectNo: hold.project_no ?? '',
    details: [
      {
        bizType: 'TENDER',
        freezeRequestNo: hold.request_no,
        sourcePlatformUserNo: hold.investor,
        targetPlatformUserNo: hold.borrower ?? '',
        amount: fen(hold.amount),
      },
    ],
  }) as SyncTransaction;

/** A service fee: user to the platform's income account, which captures a general freeze. */
const fee = (number: string, hold: HoldToCapture): SyncTransaction =>
  ({
    requestNo: number,
    tradeType: 'PLATFORM_SERVICE_DEDUCT',
    details: [
      {
        bizType: 'DEDUCT',
        freezeRequestNo: hold.request_no,
        sourcePlatformUserNo: hold.investor,
        targetPlatformUserNo: 'SYS_GENERATE_004',
        amount: fen(hold.amount),
      },
    ],
  }) as SyncTransaction;

/** Details of one item of a batch. */
export const DETAILS_OF_ITEM = 3;

/** A loan's release with its commission, of which a partner gets a share: 3 details. */
function releaseWithCommission(number: string, hold: HoldToCapture): SyncTransaction {
  const { details, ...head } = release(number, hold);
  const one = fen(1n) as Fen;
  return {
    ...head,
    details: [
      ...details,
      {
        bizType: 'COMMISSION',
        sourcePlatformUserNo: hold.borrower ?? '',
        targetPlatformUserNo: 'SYS_GENERATE_004',
        amount: fen(2n),
      },
      { bizType: 'PROFIT', sourcePlatformUserNo: 'SYS_GENERATE_004', targetPlatformUserNo: COLLABORATOR, amount: one },
    ],
  } as SyncTransaction;
}

function instructionOf(platformNo: string, number: string, act: PlatformAct): InstructionMessage {
  const messageId = uuidv7();
  return {
    version: 1,
    messageId,
    platformNo,
    origin: 'PLATFORM',
    number,
    digest: createHash('sha256')
      .update(encode(act satisfies Act))
      .digest('hex'),
    receivedAt: Date.now(),
    act,
    replyTo: { address: 'bench', correlationId: messageId },
  };
}

const delivered = (instruction: InstructionMessage): Delivered => ({
  family: 'instruction',
  platformNo: instruction.platformNo,
  messageId: instruction.messageId,
  body: encode(instruction),
  redelivered: false,
});

/** The trade of each hold as a message of its own. */
export const tradesOf = (platformNo: string, holds: readonly HoldToCapture[]): readonly Delivered[] =>
  holds.map((hold) => {
    const number = `S-${hold.request_no}`;
    const request = hold.project_no === null ? fee(number, hold) : release(number, hold);
    return delivered(instructionOf(platformNo, number, { service: 'SYNC_TRANSACTION', request }));
  });

/** The trades of all these holds as one message. */
export function batchOf(platformNo: string, batchNo: string, holds: readonly HoldToCapture[]): Delivered {
  const bizDetails = holds.map((hold) => releaseWithCommission(`A-${hold.request_no}`, hold));
  const request: AsyncTransaction = { requestNo: batchNo, bizDetails };
  return delivered(instructionOf(platformNo, batchNo, { service: 'ASYNC_TRANSACTION', request }));
}

const ATTEMPTS = 10;

export interface Writer {
  readonly platformNo: string;
  readonly shell: Shell;
}

/** Takes over every partition of a database. */
export const openWriters = (database: Database, platformNos: readonly string[]): Promise<readonly Writer[]> =>
  Promise.all(
    platformNos.map(async (platformNo) => {
      const shell = openShell({
        database,
        partition: partitionOf(platformNo),
        rules: toldRules,
        facts: { newOrderId: () => orderId(Date.now()) },
        reply: () => undefined,
        nudge: () => undefined,
      });
      await patiently(() => shell.takeOver());
      return { platformNo, shell };
    }),
  );

/** As a bus does: what is away for a moment, because others starve this machine, is tried again. */
async function patiently(act: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unavailable) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Hands every shell its messages, batch after batch; all shells at once. Answers messages per second, and notes each batch's milliseconds. */
export async function drive(
  work: readonly { readonly shell: Shell; readonly messages: readonly Delivered[] }[],
  batch: number,
  latencies: number[] = [],
): Promise<number> {
  const since = performance.now();
  await Promise.all(
    work.map(async ({ shell, messages }) => {
      for (let at = 0; at < messages.length; at += batch) {
        const began = performance.now();
        await patiently(() => shell.handle(messages.slice(at, at + batch)));
        latencies.push(performance.now() - began);
      }
    }),
  );
  const count = work.reduce((total, { messages }) => total + messages.length, 0);
  return (count * 1000) / (performance.now() - since);
}
