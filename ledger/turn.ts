/**
 * A batch decided in memory: each instruction in turn, each seeing the effects of those before it. What comes out is what is to be told:
 * who asked gets an answer, and the outbox gets results and orders; the books hold what is to be written.
 */
import { isRejection, type Rejection, reject } from '../contract/codes.ts';
import { encode } from '../contract/internal/codec.ts';
import type { InstructionMessage, PlatformAct } from '../contract/internal/instruction.ts';
import type { Answer, ReplyMessage, ResultMessage } from '../contract/internal/reply.ts';
import type { Outgoing } from '../runtime/bus/port.ts';
import { Defect } from '../runtime/failure.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import { type Book, instructionKey } from './book.ts';
import type { Decision, Reads, Work } from './decision.ts';
import type { Asked } from './messages.ts';
import type { Facts } from './operation.ts';
import type { InstructionRow } from './rows.ts';
import { NotRead } from './shelf.ts';
import type { DueToInsert } from './sql/due.ts';

/** The operations, as the shell sees them. */
export interface Rules {
  /** Whether there is an operation of this name. */
  known(service: string): boolean;
  reads(instruction: InstructionMessage): Reads;
  follow(instruction: InstructionMessage, book: Book): Reads;
  kept(instruction: InstructionMessage): PlatformAct | undefined;
  /** Whether its number was claimed OPEN by the decision that made it, for this instruction to decide. */
  accepted(instruction: InstructionMessage): boolean;
  decide(instruction: InstructionMessage, book: Book, facts: Facts): Decision | Rejection;
  refusalAnswer(rejection: Rejection): Answer;
  refusalResults(instruction: InstructionMessage, rejection: Rejection): readonly ResultMessage[];
}

/** What a batch leads to outside of the books. */
export interface Turn {
  /** How many of the instructions were dealt with; the next one needs rows that are not in the book. */
  readonly done: number;
  readonly replies: readonly { readonly address: string; readonly reply: ReplyMessage }[];
  /** For the outbox. */
  readonly outgoing: readonly Outgoing[];
  /** Acts that are given to the books later. */
  readonly due: readonly DueToInsert[];
  /** What the books gave themselves to do. */
  readonly work: readonly Later[];
  /** The keys of the work that was dealt with. */
  readonly worked: readonly bigint[];
  /** How each ended, for the metrics. */
  readonly ends: Readonly<Record<End, number>>;
}
/** A piece of work as it is written. */
export interface Later {
  readonly platformNo: string;
  /** An InstructionMessage. */
  readonly body: string;
  readonly trace: string | undefined;
}
export type End = 'done' | 'open' | 'refused' | 'repeated' | 'foreign';

/** Thrown when a decision could not be applied for want of a row: the books are spoilt, and the batch is run again up to `at`. */
export class CutShort extends Error {
  override readonly name = 'CutShort';
  readonly at: number;
  constructor(at: number, cause: NotRead) {
    super(`the batch is cut before instruction ${at}`, { cause });
    this.at = at;
  }
}

/** Decides in turn. Throws `Defect`, and `CutShort`. */
export function decideInTurn(
  batch: readonly Asked[],
  books: ReadonlyMap<string, Book>,
  rules: Rules,
  facts: Facts,
): Turn {
  const replies: { address: string; reply: ReplyMessage }[] = [];
  const outgoing: Outgoing[] = [];
  const due: DueToInsert[] = [];
  const work: Later[] = [];
  const worked: bigint[] = [];
  const ends: Record<End, number> = { done: 0, open: 0, refused: 0, repeated: 0, foreign: 0 };
  let done = 0;
  for (const asked of batch) {
    const { instruction } = asked;
    const book = books.get(instruction.platformNo);
    if (book === undefined) throw new Defect(`the book of ${instruction.platformNo} was not opened`);
    const concluded = conclude(instruction, book, rules, facts, done);
    if (concluded === 'NOT READ') {
      if (done === 0)
        throw new Defect(`${instruction.act.service} ${instruction.number} needs rows that it does not read`);
      break;
    }
    const { answer, end, decision, results } = concluded;
    ends[end] += 1;
    for (const act of decision?.due ?? []) due.push({ ...act, platformNo: instruction.platformNo });
    for (const order of decision?.orders ?? []) outgoing.push(message('order', encode(order), asked));
    for (const result of results) outgoing.push(message('result', encode(result), asked));
    for (const piece of decision?.work ?? []) work.push(later(piece, asked));
    if (asked.work !== undefined) worked.push(asked.work);
    const { replyTo, platformNo } = instruction;
    // Where a result carries the way back on, the gateway answers, once it has taken that in.
    if (replyTo !== undefined && !results.some((result) => result.replyTo !== undefined)) {
      const { address, correlationId } = replyTo;
      replies.push({ address, reply: { version: 1, correlationId, platformNo, answer } });
    }
    done += 1;
  }
  return { done, replies, outgoing, due, work, worked, ends };
}

const message = (family: 'order' | 'result', body: string, { instruction, trace }: Asked): Outgoing => ({
  family,
  platformNo: instruction.platformNo,
  messageId: uuidv7(),
  body,
  ...(trace === undefined ? {} : { trace }),
});

/** A piece of work as an instruction: its content, time and evidence are those of what made it. */
const later = ({ origin, number, act }: Work, { instruction, trace }: Asked): Later => {
  const { platformNo, messageId, digest, receivedAt } = instruction;
  const made: InstructionMessage = { version: 1, messageId, platformNo, origin, number, digest, receivedAt, act };
  return { platformNo, body: encode(made), trace };
};

interface Concluded {
  readonly answer: Answer;
  readonly end: End;
  readonly decision?: Decision;
  readonly results: readonly ResultMessage[];
}

function conclude(
  instruction: InstructionMessage,
  book: Book,
  rules: Rules,
  facts: Facts,
  at: number,
): Concluded | 'NOT READ' {
  const { origin, number, digest } = instruction;
  const claim = book.instructions.get(instructionKey(origin, number));
  const waits = rules.accepted(instruction);
  if (waits && claim === undefined) throw new Defect(`${instruction.act.service} ${number} was never accepted`);
  if (claim !== undefined && !(waits && claim.state === 'OPEN' && claim.digest === digest)) {
    // Neither is cached by anybody: the first stands in the claim, the second is nobody's answer.
    const answer = claim.digest === digest ? claim.answer : passing(rules.refusalAnswer(reject('100013')));
    return { answer, end: 'repeated', results: [] };
  }
  if (book.platform === undefined && instruction.act.service !== 'PLATFORM_ADDED') {
    return { answer: passing(rules.refusalAnswer(reject('100004'))), end: 'foreign', results: [] };
  }
  let decision: Decision | Rejection;
  try {
    decision = rules.decide(instruction, book, facts);
  } catch (error) {
    if (error instanceof NotRead) return 'NOT READ';
    throw error;
  }
  if (isRejection(decision)) {
    const answer = rules.refusalAnswer(decision);
    // Nothing of a platform that is not there is written; what was refused before it was opened may be asked again.
    if (book.platform === undefined) return { answer: passing(answer), end: 'foreign', results: [] };
    claimed(instruction, book, rules, 'REFUSED', answer);
    return { answer, end: 'refused', results: rules.refusalResults(instruction, decision) };
  }
  try {
    book.apply(instruction, decision);
  } catch (error) {
    if (!(error instanceof NotRead)) throw error;
    if (at === 0)
      throw new Defect(`${instruction.act.service} ${number} changes rows that it does not read`, { cause: error });
    throw new CutShort(at, error);
  }
  claimed(instruction, book, rules, decision.state, decision.answer);
  return {
    answer: decision.answer,
    end: decision.state === 'DONE' ? 'done' : 'open',
    decision,
    results: decision.results,
  };
}

const passing = (answer: Answer): Answer => ({ ...answer, final: false });

/** The claim with its answer: the trace that an instruction leaves, refused or not. One that was accepted before has its claim, which ends. */
function claimed(
  instruction: InstructionMessage,
  book: Book,
  rules: Rules,
  state: InstructionRow['state'],
  answer: Answer,
): void {
  const { origin, number, digest, messageId, receivedAt, act } = instruction;
  const key = instructionKey(origin, number);
  const ending = state === 'OPEN' ? {} : { endedAt: receivedAt };
  const before = book.instructions.get(key);
  if (before !== undefined) {
    book.instructions.put(key, { ...before, state, answer, ...ending });
    return;
  }
  const kept = rules.kept(instruction);
  book.instructions.put(key, {
    origin,
    number,
    service: act.service,
    digest,
    messageId,
    state,
    answer,
    receivedAt,
    ...(kept === undefined ? {} : { act: kept }),
    ...ending,
  });
}
