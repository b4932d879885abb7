/**
 * The proof of the books: every journal balances, balances equal entries, holds equal held, floats equal what is in transit (protocol 7a,
 * identities 1 to 3). Read in one snapshot, so it may run beside the work.
 */
import type { Statement } from '../runtime/postgres/sql.ts';
import type { Statements } from '../runtime/postgres/statements.ts';
import { checks, countBooks, type FindingRecord } from './sql/checks.ts';
import { moneyChecks } from './sql/checks-money.ts';

export interface Finding {
  /** What should be true and is not. */
  readonly check: string;
  readonly platformNo?: string;
  readonly place: string;
  readonly found?: string;
  readonly expected?: string;
}

export interface CheckReport {
  readonly sound: boolean;
  /** The first of each check. */
  readonly findings: readonly Finding[];
  /** How many each check found, of those that found any. */
  readonly counts: Readonly<Record<string, number>>;
  readonly read: {
    readonly platforms: number;
    readonly accounts: number;
    readonly journals: number;
    readonly entries: number;
    readonly holds: number;
  };
}

/** Of each check so many findings are shown: after that it is one mistake many times. */
const MOST_SHOWN = 20;

/** The first of the findings, each with how many there are. */
const firstOf = ({ text, values }: Statement): Statement => ({
  text: `select finding.*, count(*) over () as total from (${text}) as finding limit ${MOST_SHOWN}`,
  values,
});

const toFinding = (check: string, row: FindingRecord): Finding => ({
  check,
  ...(row.platform_no === null ? {} : { platformNo: row.platform_no }),
  place: row.place,
  ...(row.found === null ? {} : { found: row.found }),
  ...(row.expected === null ? {} : { expected: row.expected }),
});

/** Runs all checks on one connection, inside the caller's snapshot. */
export async function checkBooks(snapshot: Statements): Promise<CheckReport> {
  const findings: Finding[] = [];
  const counts: Record<string, number> = {};
  for (const [check, statement] of Object.entries({ ...checks, ...moneyChecks })) {
    const rows = await snapshot.rows<FindingRecord & { readonly total: bigint }>(firstOf(statement()));
    if (rows[0] === undefined) continue;
    counts[check] = Number(rows[0].total);
    findings.push(...rows.map((row) => toFinding(check, row)));
  }
  const read = await snapshot.row<Record<keyof CheckReport['read'], bigint>>(countBooks());
  return {
    sound: findings.length === 0,
    findings,
    counts,
    read: {
      platforms: Number(read?.platforms ?? 0n),
      accounts: Number(read?.accounts ?? 0n),
      journals: Number(read?.journals ?? 0n),
      entries: Number(read?.entries ?? 0n),
      holds: Number(read?.holds ?? 0n),
    },
  };
}
