/**
 * What the command line may ask of the books without the bus: to prove them, to show a platform's trial balance, an account's balance at a past
 * time, and what waits for an operator. All of it only reads.
 */
import { type Fen, formatYuan, sum } from '../contract/money.ts';
import { type Database, openDatabase } from '../runtime/postgres/database.ts';
import { roleOf } from '../runtime/postgres/folder.ts';
import { accountOf } from './accounts.ts';
import { type CheckReport, checkBooks } from './check.ts';
import { selectTrialBalance } from './sql/checks.ts';
import { type PastBalanceRecord, selectPastBalance } from './sql/past-balances.ts';
import { type OpenItemRecord, selectOpenItems } from './sql/refunds.ts';

export type { CheckReport, Finding } from './check.ts';

export interface LedgerDatabase {
  readonly databaseUrl: string;
  readonly databasePassword?: string;
}

export interface TrialBalanceLine {
  /** The account's code: CUSTODY, COLLECT:lot, USER:platformUserNo, FN:nnn … */
  readonly account: string;
  readonly side: 'ASSET' | 'LIABILITY';
  /** Yuan with 2 decimals. */
  readonly balance: string;
  readonly held: string;
}

export interface TrialBalance {
  readonly platformNo: string;
  /** Every account, assets first. */
  readonly lines: readonly TrialBalanceLine[];
  /** All users together. */
  readonly users: { readonly count: number; readonly balance: string };
  /** Equal when the books are right. */
  readonly assets: string;
  readonly liabilities: string;
}

/** A query over all entries may take long; a person is waiting and can interrupt it. */
const PATIENCE_MS = 30 * 60_000;

async function reading<T>(options: LedgerDatabase, read: (database: Database) => Promise<T>): Promise<T> {
  const { databaseUrl, databasePassword } = options;
  const database = openDatabase({
    url: databaseUrl,
    ...(databasePassword === undefined ? {} : { password: databasePassword }),
    role: roleOf('ledger'),
    applicationName: 'qianzhi ledger check',
    max: 1,
    statementTimeoutMs: PATIENCE_MS,
    settings: { work_mem: '64MB' },
  });
  try {
    return await read(database);
  } finally {
    await database.close();
  }
}

/** Proves the books. Throws `Unavailable` when the database is away. */
export const checkLedger = (options: LedgerDatabase): Promise<CheckReport> =>
  reading(options, (database) => database.transaction(checkBooks, { isolation: 'repeatable read', readOnly: true }));

/** The report as text, for a person. */
export function printCheck({ sound, findings, counts, read }: CheckReport): string {
  const { platforms, accounts, journals, entries, holds } = read;
  const size = `${platforms} platforms, ${accounts} accounts, ${journals} journals, ${entries} entries, ${holds} holds`;
  if (sound) return `The books are right: ${size}.`;
  const lines = findings.map(
    ({ check, platformNo, place, found, expected }) =>
      `  ${check}: platform ${platformNo ?? '?'}, ${place}: found ${found ?? '?'}, expected ${expected ?? '?'}`,
  );
  const totals = Object.entries(counts).map(([check, count]) => `  ${count} × not true: ${check}`);
  return [`The books are WRONG: ${size}.`, ...totals, ...lines].join('\n');
}

interface BalanceRow {
  readonly account: string;
  readonly side: 'ASSET' | 'LIABILITY';
  readonly balance: Fen;
  readonly held: Fen;
}

/** A platform's trial balance, or undefined when there is no such platform. Throws `Unavailable`. */
export async function trialBalance(options: LedgerDatabase, platformNo: string): Promise<TrialBalance | undefined> {
  const rows = await reading(options, (database) => database.rows<BalanceRow>(selectTrialBalance(platformNo)));
  if (rows.length === 0) return undefined;
  const total = (of: (row: BalanceRow) => boolean): string =>
    formatYuan(sum(rows.filter(of).map(({ balance }) => balance)));
  const users = rows.filter(({ account }) => account.startsWith('USER:'));
  return {
    platformNo,
    lines: rows.map((row) => ({ ...row, balance: formatYuan(row.balance), held: formatYuan(row.held) })),
    users: { count: users.length, balance: total(({ account }) => account.startsWith('USER:')) },
    assets: total(({ side }) => side === 'ASSET'),
    liabilities: total(({ side }) => side === 'LIABILITY'),
  };
}

/** The trial balance as text, for a person. */
export function printTrialBalance({ platformNo, lines, users, assets, liabilities }: TrialBalance): string {
  const shown = lines.filter(({ balance }) => balance !== '0.00');
  const line = (text: string, amount: string): string => `  ${text.padEnd(40)}${amount.padStart(18)}`;
  const side = (which: TrialBalanceLine['side'], total: string): readonly string[] => [
    ...shown.filter((row) => row.side === which).map(({ account, balance }) => line(account, balance)),
    line(which === 'ASSET' ? 'assets' : 'liabilities', total),
  ];
  return [
    `Trial balance of platform ${platformNo}, in yuan`,
    ...side('ASSET', assets),
    ...side('LIABILITY', liabilities),
    line(`of these, ${users.count} users`, users.balance),
  ].join('\n');
}

export interface PastBalance {
  /** The account's code. */
  readonly account: string;
  readonly currency: string;
  /** Yuan with 2 decimals. */
  readonly balance: string;
  /** How many entries it had by then. */
  readonly entries: number;
  /** ISO time of the last of them, if there was one. */
  readonly lastBookedAt?: string;
}

const CODE = /^(CUSTODY|RECEIVABLE|REMIT|SUSPENSE|(COLLECT|PAID|USER|FN):.+)$/;

/**
 * What an account's balance was. Throws `Unavailable`.
 * @param account a platformUserNo, or an account's code.
 * @param asOf epoch milliseconds.
 * @returns undefined when there is no such account.
 */
export async function pastBalance(
  options: LedgerDatabase,
  platformNo: string,
  account: string,
  asOf: number,
): Promise<PastBalance | undefined> {
  const code = CODE.test(account) ? account : accountOf(account);
  const [row] = await reading(options, (database) =>
    database.rows<PastBalanceRecord>(selectPastBalance(platformNo, code, asOf)),
  );
  if (row === undefined) return undefined;
  return {
    account: row.account,
    currency: row.currency,
    balance: formatYuan(row.balance),
    entries: Number(row.entry),
    ...(row.booked_at === null ? {} : { lastBookedAt: row.booked_at.toISOString() }),
  };
}

export interface OpenItem {
  readonly kind: 'SUSPENSE' | 'REFUND' | 'FEE';
  readonly number: string;
  /** Yuan with 2 decimals. */
  readonly amount: string;
  readonly status: string;
  /** Of what. */
  readonly about: string;
  /** ISO time. */
  readonly since: string;
}

/** What waits for an operator: suspense, refunds, fees; the oldest first. Throws `Unavailable`. */
export async function openItems(options: LedgerDatabase, platformNo: string): Promise<readonly OpenItem[]> {
  const rows = await reading(options, (database) => database.rows<OpenItemRecord>(selectOpenItems(platformNo)));
  return rows.map((row) => ({ ...row, amount: formatYuan(row.amount), since: row.since.toISOString() }));
}
