/** Prints the demo's table, where Chinese characters take two columns, and the trial balance. */
import type { Step } from './platform/teller.ts';

export interface TrialBalance {
  readonly platformNo: string;
  readonly lines: readonly {
    readonly account: string;
    readonly side: 'ASSET' | 'LIABILITY';
    /** Yuan with 2 decimals. */
    readonly balance: string;
  }[];
}

const WIDTHS = [48, 34, 50, 20, 6] as const;

const width = (text: string): number =>
  [...text].reduce(
    (columns, character) => columns + (/[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠￠-￦]/.test(character) ? 2 : 1),
    0,
  );

function cell(text: string, columns: number): string {
  let shown = text;
  while (width(shown) > columns) shown = `${[...shown].slice(0, -2).join('')}…`;
  return shown + ' '.repeat(columns - width(shown));
}

const row = (cells: readonly string[]): void =>
  void process.stdout.write(
    `${cells
      .map((text, index) => cell(text, WIDTHS[index] ?? 10))
      .join('  ')
      .trimEnd()}\n`,
  );

export function printHeading(): void {
  process.stdout.write('\n');
  row(['step', 'message', 'answer', 'notification', 'ms']);
  row(WIDTHS.map((columns) => '─'.repeat(columns)));
}

export function printStep({ step, message, answer, notification, ms }: Step): void {
  row([step, message, answer, notification, String(ms).padStart(6)]);
}

/** Assets on the left, liabilities on the right, and their sums, which must be equal. */
export function printTrialBalance({ platformNo, lines }: TrialBalance): void {
  const shown = lines.filter(({ balance }) => balance !== '0.00');
  const side = (which: string): readonly string[] =>
    shown
      .filter(({ side: of }) => of === which)
      .map(({ account, balance }) => `${account.padEnd(26)}${balance.padStart(14)}`);
  const total = (which: string): string => {
    const fen = shown
      .filter(({ side: of }) => of === which)
      .reduce((sum, { balance }) => sum + BigInt(balance.replace('.', '')), 0n);
    const digits = fen.toString().padStart(3, '0');
    return `${'total'.padEnd(26)}${`${digits.slice(0, -2)}.${digits.slice(-2)}`.padStart(14)}`;
  };
  const [assets, liabilities] = [side('ASSET'), side('LIABILITY')];
  process.stdout.write(`\nTrial balance of platform ${platformNo}, in yuan\n`);
  for (let line = 0; line < Math.max(assets.length, liabilities.length); line += 1) {
    process.stdout.write(`  ${(assets[line] ?? '').padEnd(40)} │ ${liabilities[line] ?? ''}\n`);
  }
  process.stdout.write(`  ${total('ASSET')} │ ${total('LIABILITY')}\n`);
}
