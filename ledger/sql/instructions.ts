/** Claims: every number once, for ever, with the digest of what was asked and the answer it got. */
import { encode } from '../../contract/internal/codec.ts';
import type { LedgerService, Origin, PlatformAct } from '../../contract/internal/instruction.ts';
import type { Answer } from '../../contract/internal/reply.ts';
import { Defect } from '../../runtime/failure.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { InstructionRow } from '../rows.ts';
import { numbers, revived, texts } from './columns.ts';

/** The unique key that makes a claim a claim. */
export const CLAIM = 'instruction_pkey';

export interface InstructionRecord {
  readonly id: bigint;
  readonly platform_no: string;
  readonly origin: Origin;
  readonly number: string;
  readonly service: LedgerService;
  readonly digest: string;
  readonly message_id: string;
  readonly state: InstructionRow['state'];
  readonly answer: unknown;
  readonly request: unknown;
  readonly received_at: Date;
  readonly ended_at: Date | null;
}

export const selectInstructions = (
  platformNos: readonly string[],
  origins: readonly Origin[],
  instructionNumbers: readonly string[],
): Statement => sql`
  select id, platform_no, origin, number, service, encode(digest, 'hex') as digest, message_id, state, answer, request, received_at, ended_at
  from unnest(${texts(platformNos)}::text[], ${texts(origins)}::ledger.origin[], ${texts(instructionNumbers)}::text[])
    as wanted (platform_no, origin, number)
  join ledger.instruction using (platform_no, origin, number)`;

export const toInstruction = (row: InstructionRecord): InstructionRow => ({
  id: row.id,
  origin: row.origin,
  number: row.number,
  service: row.service,
  digest: row.digest,
  messageId: row.message_id,
  state: row.state,
  answer: row.answer === null ? { ...SUCCESS } : revived(row.answer),
  ...(row.request === null
    ? {}
    : { act: { service: row.service, request: revived({ requestNo: row.number, ...row.request }) } as PlatformAct }),
  receivedAt: row.received_at.getTime(),
  ...(row.state === 'OPEN' ? {} : { endedAt: (row.ended_at ?? row.received_at).getTime() }),
});

/** The commonest answer takes no room: it is null. */
const SUCCESS: Answer = { status: 'SUCCESS', final: true, fields: {} };
const SUCCESS_TEXT = encode(SUCCESS);

function answerText(answer: Answer): string | null {
  const text = encode(answer);
  return text === SUCCESS_TEXT ? null : text;
}

/** What is kept of a request: its number and its service stand in their own columns. */
function requestText({ act, number }: InstructionRow): string | null {
  if (act === undefined) return null;
  const { requestNo, ...request } = act.request;
  if (requestNo !== number) throw new Defect(`${act.service} ${number} keeps a request of another number`);
  return encode(request);
}

/** Ended at once is the rule, and takes no room either. */
const endText = ({ endedAt, receivedAt }: InstructionRow): number | null =>
  endedAt === undefined || endedAt === receivedAt ? null : endedAt;

export interface InstructionToInsert {
  readonly id: bigint;
  readonly platformNo: string;
  readonly row: InstructionRow;
}

export const insertInstructions = (made: readonly InstructionToInsert[]): Statement => sql`
  insert into ledger.instruction
    (id, platform_no, origin, number, service, digest, message_id, state, answer, request, received_at, ended_at)
  select id, platform_no, origin, number, service, decode(digest, 'hex'), message_id, state, answer, request,
    to_timestamp(received_at / 1000), to_timestamp(ended_at / 1000)
  from unnest(
    ${numbers(made.map(({ id }) => id))}::int8[],
    ${texts(made.map(({ platformNo }) => platformNo))}::text[],
    ${texts(made.map(({ row }) => row.origin))}::ledger.origin[],
    ${texts(made.map(({ row }) => row.number))}::text[],
    ${texts(made.map(({ row }) => row.service))}::text[],
    ${texts(made.map(({ row }) => row.digest))}::text[],
    ${texts(made.map(({ row }) => row.messageId))}::uuid[],
    ${texts(made.map(({ row }) => row.state))}::ledger.instruction_state[],
    ${texts(made.map(({ row }) => answerText(row.answer)))}::json[],
    ${texts(made.map(({ row }) => requestText(row)))}::json[],
    ${numbers(made.map(({ row }) => row.receivedAt))}::float8[],
    ${numbers(made.map(({ row }) => endText(row)))}::float8[]
  ) as made (id, platform_no, origin, number, service, digest, message_id, state, answer, request, received_at, ended_at)`;

/** Moves instructions on: an ended one is never touched again. */
export const updateInstructions = (
  moved: readonly { readonly platformNo: string; readonly row: InstructionRow }[],
): Statement => sql`
  update ledger.instruction as instruction
  set state = next.state, answer = next.answer, ended_at = to_timestamp(next.ended_at / 1000)
  from unnest(
    ${texts(moved.map(({ platformNo }) => platformNo))}::text[],
    ${texts(moved.map(({ row }) => row.origin))}::ledger.origin[],
    ${texts(moved.map(({ row }) => row.number))}::text[],
    ${texts(moved.map(({ row }) => row.state))}::ledger.instruction_state[],
    ${texts(moved.map(({ row }) => answerText(row.answer)))}::json[],
    ${numbers(moved.map(({ row }) => endText(row)))}::float8[]
  ) as next (platform_no, origin, number, state, answer, ended_at)
  where instruction.platform_no = next.platform_no and instruction.origin = next.origin and instruction.number = next.number
    and instruction.state = 'OPEN'`;
