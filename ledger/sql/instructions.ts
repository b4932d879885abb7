/** Claims: every number once, for ever, with the digest of what was asked and the answer it got. */
import { encode } from '../../contract/internal/codec.ts';
import type { LedgerService, Origin } from '../../contract/internal/instruction.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { InstructionRow } from '../rows.ts';
import { numbers, present, revived, texts } from './columns.ts';

/** The unique key that makes a claim a claim. */
export const CLAIM = 'instruction_pkey';

export interface InstructionRecord {
  readonly platform_no: string;
  readonly origin: Origin;
  readonly number: string;
  readonly service: LedgerService;
  readonly digest: string;
  readonly message_id: string;
  readonly state: InstructionRow['state'];
  readonly answer: unknown;
  readonly act: unknown;
  readonly received_at: Date;
  readonly ended_at: Date | null;
}

export const selectInstructions = (
  platformNos: readonly string[],
  origins: readonly Origin[],
  instructionNumbers: readonly string[],
): Statement => sql`
  select platform_no, origin, number, service, encode(digest, 'hex') as digest, message_id, state, answer, act, received_at, ended_at
  from unnest(${texts(platformNos)}::text[], ${texts(origins)}::ledger.origin[], ${texts(instructionNumbers)}::text[])
    as wanted (platform_no, origin, number)
  join ledger.instruction using (platform_no, origin, number)`;

export const toInstruction = (row: InstructionRecord): InstructionRow => ({
  origin: row.origin,
  number: row.number,
  service: row.service,
  digest: row.digest,
  messageId: row.message_id,
  state: row.state,
  answer: revived(row.answer),
  ...(row.act === null ? {} : { act: revived(row.act) }),
  receivedAt: row.received_at.getTime(),
  ...present({ endedAt: row.ended_at?.getTime() }),
});

export interface InstructionToInsert {
  readonly id: bigint;
  readonly platformNo: string;
  readonly row: InstructionRow;
}

export const insertInstructions = (made: readonly InstructionToInsert[]): Statement => sql`
  insert into ledger.instruction
    (id, platform_no, origin, number, service, digest, message_id, state, answer, act, received_at, ended_at)
  select id, platform_no, origin, number, service, decode(digest, 'hex'), message_id, state, answer, act,
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
    ${texts(made.map(({ row }) => encode(row.answer)))}::json[],
    ${texts(made.map(({ row }) => (row.act === undefined ? null : encode(row.act))))}::json[],
    ${numbers(made.map(({ row }) => row.receivedAt))}::float8[],
    ${numbers(made.map(({ row }) => row.endedAt ?? null))}::float8[]
  ) as made (id, platform_no, origin, number, service, digest, message_id, state, answer, act, received_at, ended_at)`;

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
    ${texts(moved.map(({ row }) => encode(row.answer)))}::json[],
    ${numbers(moved.map(({ row }) => row.endedAt ?? null))}::float8[]
  ) as next (platform_no, origin, number, state, answer, ended_at)
  where instruction.platform_no = next.platform_no and instruction.origin = next.origin and instruction.number = next.number
    and instruction.state = 'OPEN'`;
