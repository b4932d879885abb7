/** What the books must be when the story is over, and whether they are. */
import type { House } from './house.ts';
import type { TrialBalance } from './table.ts';

/** In yuan, by the beginning of the account's code: CUSTODY 10,100.00 + COLLECT[day 2] 6,000.00 = 16,100.00. */
const EXPECTED: Readonly<Record<string, string>> = {
  CUSTODY: '10100.00',
  'COLLECT:': '6000.00',
  'USER:investor': '10190.00',
  'USER:borrower': '760.00',
  'FN:002': '50.00',
  'FN:004': '100.00',
  'PAID:': '5000.00',
};

export interface Proof {
  readonly balance: TrialBalance;
  /** What `qianzhi ledger check` said. */
  readonly check: string;
  /** What differs from what must be, in words; empty when the books are right. */
  readonly wrong: readonly string[];
}

/** Compares the trial balance with the story's, and proves the books by `qianzhi ledger check`. */
export async function proveBooks(house: House, platformNo: string): Promise<Proof> {
  const balance = JSON.parse(
    await house.cli('ledger', 'trial-balance', '--platform', platformNo, '--json'),
  ) as TrialBalance;
  const wrong: string[] = [];
  const open = balance.lines.filter(({ balance: yuan }) => yuan !== '0.00');
  for (const [start, yuan] of Object.entries(EXPECTED)) {
    const lines = open.filter(({ account }) => account.startsWith(start));
    if (lines.length !== 1 || lines[0]?.balance !== yuan) {
      wrong.push(
        `${start} must be ${yuan}, is ${lines.map(({ account, balance: is }) => `${account} ${is}`).join(', ') || 'absent'}`,
      );
    }
  }
  for (const { account, balance: yuan } of open) {
    if (!Object.keys(EXPECTED).some((start) => account.startsWith(start)))
      wrong.push(`${account} must be zero, is ${yuan}`);
  }
  const check = await house.cli('ledger', 'check').catch((error: unknown) => error as Error);
  if (check instanceof Error) wrong.push(check.message);
  return { balance, check: String(check).trim(), wrong };
}
