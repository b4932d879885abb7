/**
 * What must be true of the product's database whatever was asked of it, as queries that find where it is not. Written anew and simply; the
 * product's own `ledger check` is asked besides.
 */
import type pg from 'pg';
import { checkBooks } from '../../../ledger/check.ts';
import type { Finding } from './finding.ts';

interface Row {
  readonly platform_no: string | null;
  readonly place: string;
}

/** By what each finding is. The first rows are enough: after that it is one mistake many times. */
export const proofs: Readonly<Record<string, string>> = {
  'a journal does not balance': `
    select min(account.platform_no) as platform_no, 'journal ' || journal_id || ' ' || currency || ': ' ||
      sum(case side when 'D' then amount else -amount end) as place
    from ledger.entry join ledger.account on account.id = account_id
    group by journal_id, currency having sum(case side when 'D' then amount else -amount end) <> 0 limit 5`,
  'entries do not sum to 0': `
    select null as platform_no, currency || ': ' || sum(case side when 'D' then amount else -amount end) as place
    from ledger.entry join ledger.account on account.id = account_id
    group by currency having sum(case side when 'D' then amount else -amount end) <> 0`,
  'a balance is not the sum of its entries': `
    select platform_no, code || ' has ' || balance || ', its entries make ' || booked as place
    from (select account.id, account.platform_no, code, balance,
        coalesce(sum(case when (side = 'D') = asset then amount else -amount end), 0) as booked
      from ledger.account left join ledger.entry on account_id = account.id group by account.id) as each
    where balance <> booked limit 5`,
  'a balance is below its floor, or holds more than it has': `
    select platform_no, code || ' has ' || balance || ' and holds ' || held as place
    from ledger.account where balance < 0 or held < 0 or (not asset and held > balance) limit 5`,
  'an instruction has posted twice or without a claim': `
    select journal.platform_no, 'journal ' || journal.id || ': ' || count(instruction.id) || ' instructions' as place
    from ledger.journal left join ledger.instruction on instruction.id = journal.id
      and instruction.platform_no = journal.platform_no
    group by journal.id, journal.platform_no having count(instruction.id) <> 1 limit 5`,
  'a refused instruction has moved money': `
    select instruction.platform_no, number || ' ' || service as place
    from ledger.instruction join ledger.journal on journal.id = instruction.id
    where instruction.state = 'REFUSED' limit 5`,
  'a trade was done without a journal': `
    select instruction.platform_no, number as place
    from ledger.instruction left join ledger.journal on journal.id = instruction.id
    where service = 'SYNC_TRANSACTION' and instruction.state = 'DONE' and journal.id is null limit 5`,
  'a number has more than one order': `
    select platform_no, request_no || ': ' || string_agg(order_id || ' ' || state, ', ') as place
    from adapters.channel_order group by platform_no, request_no having count(*) > 1 limit 5`,
  'a claim of the books has no evidence': `
    select instruction.platform_no, number as place
    from ledger.instruction left join gateway.evidence on evidence.id = message_id
    where origin in ('PLATFORM', 'PAGE') and (evidence.id is null or evidence.digest <> instruction.digest) limit 5`,
};

/** Runs the proofs, and the product's own. */
export const prove = async (client: pg.Client): Promise<readonly Finding[]> => [
  ...(await proveOurselves(client)),
  ...(await askProduct(client)),
];

/** The proofs above alone. */
export async function proveOurselves(client: pg.Client): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [what, text] of Object.entries(proofs)) {
    for (const { platform_no, place } of (await client.query<Row>(text)).rows)
      findings.push({
        kind: what.includes('more than one order') || what.includes('posted twice') ? 'doubled' : 'wrong',
        ...(platform_no === null ? {} : { platformNo: platform_no }),
        words: `${what}: ${place}`,
      });
  }
  return findings;
}

/** What `qianzhi ledger check` finds. */
async function askProduct(client: pg.Client): Promise<readonly Finding[]> {
  await client.query('begin isolation level repeatable read read only');
  const statements = {
    rows: async (statement: { text: string; values: readonly unknown[] }) =>
      (await client.query(statement.text, [...statement.values])).rows,
    row: async (statement: { text: string; values: readonly unknown[] }) =>
      (await client.query(statement.text, [...statement.values])).rows[0],
  };
  const report = await checkBooks(statements as unknown as Parameters<typeof checkBooks>[0]);
  await client.query('commit');
  return report.findings.map(({ check, platformNo, place, found, expected }) => ({
    kind: 'wrong',
    ...(platformNo === undefined ? {} : { platformNo }),
    words: `ledger check, ${check}: ${place}, found ${found}, expected ${expected}`,
  }));
}
