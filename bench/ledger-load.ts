/**
 * Loads the books of the benchmark: platforms, users, their accounts with the journals that filled them, projects, and the holds that are to be
 * captured. Written by the owner in set-based SQL, because it is not what is measured; `ledger check` proves it all the same.
 */
import { partitionOf } from '../contract/topology.ts';
import { once, sql } from '../runtime/postgres/sql.ts';
import type { Statements } from '../runtime/postgres/statements.ts';

export interface Load {
  /** Over all platforms, one per partition. Half of the users lend, half borrow; each borrower has one project. */
  readonly users: number;
  /** Bids that a loan release captures, over all platforms. */
  readonly bids: number;
  /** General freezes that a service fee captures, over all platforms. */
  readonly freezes: number;
  /** Journals that every lender's money came in, at least 1: twice as many entries as lenders each. */
  readonly deposits: number;
  readonly partitions: number;
  readonly seed: number;
}

/** A hold, and whom the trade that it was made for pays. */
export interface HoldToCapture {
  readonly request_no: string;
  readonly investor: string;
  readonly borrower: string | null;
  readonly project_no: string | null;
  readonly amount: bigint;
}

/** What every lender has in the beginning, in fen. */
const OPENING = 100_000_000n;
/** Of each platform, who gets its profits. */
export const COLLABORATOR = 'C0000001';

/** One platform's number for each partition. */
export function platformsOf(partitions: number): readonly string[] {
  const found: string[] = [];
  for (let number = 10_001; found.filter((no) => no !== undefined).length < partitions; number += 1) {
    const partition = partitionOf(String(number));
    if (partition < partitions) found[partition] ??= String(number);
  }
  return found;
}

/** Fills the books; answers the platforms, one per partition. */
export async function fillBooks(owner: Statements, load: Load): Promise<readonly string[]> {
  const platformNos = platformsOf(load.partitions);
  for (const [index, platformNo] of platformNos.entries())
    await fillPlatform(owner, platformNo, BigInt(index + 1) * 10_000_000n, load);
  await owner.execute(once(sql`select setval('ledger.key', ${BigInt(load.partitions + 2) * 10_000_000n})`));
  await owner.execute(once(sql`vacuum analyze`));
  return platformNos;
}

/**
 * Some of a platform's holds, in the order of their numbers, which is not the order of their accounts.
 * @param kind B a bid, F a general freeze.
 */
export const holdsOf = (
  owner: Statements,
  platformNo: string,
  kind: 'B' | 'F',
  from: number,
  count: number,
): Promise<readonly HoldToCapture[]> =>
  owner.rows<HoldToCapture>(
    once(sql`
    select request_no, substr(account, 6) as investor, 'B' || substr(project_no, 2) as borrower, project_no, amount
    from ledger.hold
    where platform_no = ${platformNo} and request_no > ${numberOf(kind, from)} and request_no <= ${numberOf(kind, from + count)}
    order by request_no`),
  );

const numberOf = (kind: string, number: number): string => `${kind}${String(number).padStart(9, '0')}`;

async function fillPlatform(owner: Statements, platformNo: string, firstId: bigint, load: Load): Promise<void> {
  const half = Math.floor(load.users / load.partitions / 2);
  const [bids, freezes] = [load.bids, load.freezes].map((count) => Math.ceil(count / load.partitions));
  const [seed, deposits] = [BigInt(load.seed), BigInt(load.deposits)];
  const deposit = OPENING / deposits;
  const opening = deposit * deposits;
  const run = (statement: ReturnType<typeof sql>): Promise<number> => owner.execute(once(statement));
  await run(sql`
    insert into ledger.platform (platform_no, profile, state, currency, open_day)
    values (${platformNo}, 'strict', 'OPEN', 'CNY', '20260101')`);
  // Sealed data of its usual size.
  await run(sql`
    insert into ledger.platform_user (platform_no, platform_user_no, user_type, user_role, state, access_type, audit_status, id_card_type,
      name, id_card_no, mobile, registered_at)
    select ${platformNo}::text, kind || lpad(n::text, 7, '0'), 'PERSONAL', case kind when 'I' then 'INVESTOR' when 'B' then 'BORROWERS' else 'COLLABORATOR' end, 'ACTIVE',
      'FULL_CHECKED', 'PASSED', 'PRC_ID', sealed, sealed, sealed, now()
    from (
      select kind, n from (values ('I'), ('B')) as kinds (kind), generate_series(1, ${half}::int) as n
      union all select 'C', 1
    ) as users,
      lateral (select json_build_object('keyVersion', 1, 'ciphertext', repeat(md5(kind || n), 3) || '==',
        'keyedHash', md5(kind || n) || md5(n || kind), 'masked', '******' || lpad(n::text, 4, '0')) as sealed) as personal`);
  await run(sql`
    insert into ledger.hold (platform_no, request_no, kind, account, biz_type, project_no, amount, created_at, updated_at)
    select ${platformNo}::text, 'B' || lpad(n::text, 9, '0'), 'P',
      'USER:I' || lpad((1 + mod(hashint8extended(n, ${seed}::int8) & 9223372036854775807, ${half}::int8))::text, 7, '0'), 'TENDER',
      'P' || lpad((1 + mod(hashint8extended(n, ${seed + 1n}::int8) & 9223372036854775807, ${half}::int8))::text, 7, '0'),
      100 + mod(hashint8extended(n, ${seed + 2n}::int8) & 9223372036854775807, 9900), now(), now()
    from generate_series(1, ${bids}::int) as n`);
  await run(sql`
    insert into ledger.hold (platform_no, request_no, kind, account, amount, created_at, updated_at)
    select ${platformNo}::text, 'F' || lpad(n::text, 9, '0'), 'G',
      'USER:I' || lpad((1 + mod(hashint8extended(n, ${seed + 3n}::int8) & 9223372036854775807, ${half}::int8))::text, 7, '0'),
      100 + mod(hashint8extended(n, ${seed + 4n}::int8) & 9223372036854775807, 9900), now(), now()
    from generate_series(1, ${freezes}::int) as n`);
  await run(sql`
    insert into ledger.project (platform_no, project_no, platform_user_no, status, amount, filed, tender_amount, loan_amount, repayment_amount,
      income, created_at)
    select ${platformNo}::text, 'P' || lpad(n::text, 7, '0'), 'B' || lpad(n::text, 7, '0'), 'COLLECTING', 99999999999,
      json_build_object('projectName', 'bench', 'projectType', 'STANDARDPOWDER', 'projectPeriod', 90, 'annnualInterestRate', '8.00',
        'repaymentWay', 'ONE_TIME_SERVICING', 'productType', 'COMMONPRODUCT'),
      coalesce(bid, 0), 0, 0, 0, now()
    from generate_series(1, ${half}::int) as n
    left join (
      select project_no, sum(amount) as bid from ledger.hold where platform_no = ${platformNo} and project_no is not null group by project_no
    ) as bids on bids.project_no = 'P' || lpad(n::text, 7, '0')`);
  // CUSTODY is firstId + 1, the platform's own accounts follow, then investors, then borrowers.
  await run(sql`
    insert into ledger.account (id, platform_no, code, currency, balance, version)
    select ${firstId}::int8 + n, ${platformNo}::text, code, 'CNY', case n when 1 then ${opening}::int8 * ${half}::int8 else 0 end,
      case n when 1 then ${half}::int8 * ${deposits}::int8 else 0 end
    from unnest(array['CUSTODY', 'RECEIVABLE', 'REMIT', 'SUSPENSE', 'FN:000', 'FN:002', 'FN:004', 'FN:005', 'FN:007'])
      with ordinality as own (code, n)`);
  await run(sql`
    insert into ledger.account (id, platform_no, code, currency, balance, held, version)
    select ${firstId}::int8 + 100 + n, ${platformNo}::text, 'USER:I' || lpad(n::text, 7, '0'), 'CNY', ${opening}::int8, coalesce(reserved, 0), ${deposits}::int8
    from generate_series(1, ${half}::int) as n
    left join (
      select account, sum(amount) as reserved from ledger.hold where platform_no = ${platformNo} group by account
    ) as holds on account = 'USER:I' || lpad(n::text, 7, '0')`);
  await run(sql`
    insert into ledger.account (id, platform_no, code, currency, balance, version)
    select ${firstId}::int8 + 100 + ${half}::int8 + n, ${platformNo}::text, 'USER:B' || lpad(n::text, 7, '0'), 'CNY', 0, 0
    from generate_series(1, ${half}::int) as n
    union all select ${firstId}::int8 + 99, ${platformNo}::text, ${`USER:${COLLABORATOR}`}::text, 'CNY', 0, 0`);
  await run(sql`
    insert into ledger.instruction (id, platform_no, origin, number, service, digest, message_id, state, answer, received_at, ended_at)
    select ${firstId}::int8 + day, ${platformNo}::text, 'OPERATOR', 'opening ' || day, 'PLATFORM_ADDED', sha256(day::text::bytea),
      gen_random_uuid(), 'DONE', '{"status":"SUCCESS","final":true,"fields":{}}', now(), now()
    from generate_series(1::int8, ${deposits}::int8) as day`);
  await run(sql`
    insert into ledger.journal (id, platform_no, day, received_at)
    select ${firstId}::int8 + day, ${platformNo}::text, '20260101', now() from generate_series(1::int8, ${deposits}::int8) as day`);
  // Account by account, as the index has them.
  await run(sql`
    insert into ledger.entry (account_id, version, journal_id, contra_id, amount, balance_after, side)
    select ${firstId}::int8 + 1, (day - 1) * ${half}::int8 + n, ${firstId}::int8 + day, ${firstId}::int8 + 100 + n, ${deposit}::int8,
      ((day - 1) * ${half}::int8 + n) * ${deposit}::int8, 'D'
    from generate_series(1::int8, ${deposits}::int8) as day, generate_series(1::int8, ${half}::int8) as n
    order by day, n`);
  await run(sql`
    insert into ledger.entry (account_id, version, journal_id, contra_id, amount, balance_after, side)
    select ${firstId}::int8 + 100 + n, day, ${firstId}::int8 + day, ${firstId}::int8 + 1, ${deposit}::int8, day * ${deposit}::int8, 'C'
    from generate_series(1::int8, ${half}::int8) as n, generate_series(1::int8, ${deposits}::int8) as day
    order by n, day`);
}
