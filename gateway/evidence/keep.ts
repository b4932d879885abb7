/**
 * Keeps evidence: what came in, sealed, with who signed it, committed before anything is published. Rows that arrive together are committed
 * together (one statement, one commit); a lone one does not wait. An instruction's row in `pending` is part of the same commit.
 */
import type { Sealer } from '../../certs/seal.ts';
import { gather } from '../../runtime/gather.ts';
import type { Statements } from '../../runtime/postgres/database.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';

/** What is kept of a message or of a page's act. */
export interface Evidence {
  readonly kind: 'PLATFORM' | 'PAGE';
  readonly serviceName: string;
  readonly requestNo: string;
  /** The bytes that were signed (reqData), or what a page's user did. They are sealed before they are stored. */
  readonly raw: Uint8Array;
  /** Of a platform's message. */
  readonly keySerial?: string;
  readonly sign?: string;
  readonly userDevice?: string;
}

export interface EvidenceRow extends Evidence {
  /** UUIDv7: the instruction's messageId. */
  readonly id: string;
  readonly platformNo: string;
  /** Hex SHA-256 of the content. */
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** The instruction without replyTo, when it is to be published; absent when it was answered from what is known. */
  readonly body?: string;
}

/** Rows in one commit at most: a bound on the statement's size. */
const MOST_ROWS = 200;

/** After this an instruction without an answer is published again. */
export const FIRST_DUE_MS = 30_000;

export const evidenceLabel = (id: string): string => `evidence|${id}`;

/** Resolves once the row is committed. Throws `Unavailable` when nobody knows whether it is. */
export type Keep = (row: EvidenceRow) => Promise<void>;

/** Makes the function that keeps evidence in a database. */
export function openEvidence(database: Statements, sealer: Sealer): Keep {
  return gather(async (rows: readonly EvidenceRow[]) => {
    await database.execute(keepStatement(rows, sealer));
    return rows.map(() => undefined);
  }, MOST_ROWS);
}

function keepStatement(rows: readonly EvidenceRow[], sealer: Sealer): Statement {
  const instructions = rows.filter((row) => row.body !== undefined);
  return sql`
    with kept as (
      insert into gateway.evidence
        (id, kind, platform_no, service_name, request_no, digest, key_serial, sign, raw, user_device, received_at)
      select * from unnest(
        ${rows.map(({ id }) => id)}::uuid[],
        ${rows.map(({ kind }) => kind)}::text[],
        ${rows.map(({ platformNo }) => platformNo)}::text[],
        ${rows.map(({ serviceName }) => serviceName)}::text[],
        ${rows.map(({ requestNo }) => requestNo)}::text[],
        ${rows.map(({ digest }) => Buffer.from(digest, 'hex'))}::bytea[],
        ${rows.map(({ keySerial }) => keySerial ?? null)}::text[],
        ${rows.map(({ sign }) => sign ?? null)}::text[],
        ${rows.map(({ id, raw }) => sealer.sealBytes(evidenceLabel(id), raw))}::bytea[],
        ${rows.map(({ userDevice }) => userDevice ?? null)}::text[],
        ${rows.map(({ receivedAt }) => new Date(receivedAt))}::timestamptz[]
      )
    )
    insert into gateway.pending (evidence_id, platform_no, body, due_at)
    select * from unnest(
      ${instructions.map(({ id }) => id)}::uuid[],
      ${instructions.map(({ platformNo }) => platformNo)}::text[],
      ${instructions.map(({ body }) => body)}::text[],
      ${instructions.map(({ receivedAt }) => new Date(receivedAt + FIRST_DUE_MS))}::timestamptz[]
    )`;
}
