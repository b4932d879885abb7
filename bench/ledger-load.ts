/**
 * Loads the books of the benchmark: platforms, users, their accounts with an opening journal, projects, and the holds that are to be captured.
 * Written by the owner in set-based SQL, because it is not what is measured; `ledger check` proves it all the same.
 */
import { partitionOf } from '../contract/topology.ts';
import { once, sql } from '../runtime/postgres/sql.ts';
import type { Statements } from '../runtime/postgres/statements.ts';

export interface Load {
  /** Over all platforms, one per partition. Half of the users lend, half borrow; each borrower has one project. */
  readonly users: number;
  /** Over all platforms. */
  readonly holds: number;
  readonly partitions: number;
  readonly seed: number;
}

/** A hold, and the trade that it was made for. */
export interface HoldToCapture {
  readonly request_no: string;
  readonly investor: string;
  readonly borrower: string;
  readonly project_no: string;
  readonly amount: bigint;
}

/** What every investor has at the beginning, in fen. */
const OPENING = 100_000_000n;

/** One platform's number for each partition. */
export function platformsOf(partitions: number): readonly string[] {
  const found: string[] = [];
  for (let number = 10_001; found.filter((no) => no !== undefined).length < partitions; number += 1) {
    const partition = partitionOf(String(number));
    if (partition < partitions) found[partition] ??= String(number);
  }
  return found;
}

/** Fills the books; each platform's holds come back in the order of capturing, which is not the order of their accounts. */
export async function fillBooks(owner: Statements, load: Load): Promise<ReadonlyMap<string, readonly HoldToCapture[]>> {
  const platformNos = platformsOf(load.partitions);
  const trades = new Map<string, readonly HoldToCapture[]>();
  for (const [index, platformNo] of platformNos.entries()) {
    const half = Math.floor(load.users / load.partitions / 2);
    const holds = Math.ceil(load.holds / load.partitions);
    await fillPlatform(owner, platformNo, BigInt(index + 1) * 10_000_000n, half, holds, BigInt(load.seed));
    trades.set(
      platformNo,
      await owner.rows<HoldToCapture>(
        once(sql`
        select request_no, substr(account, 6) as investor, 'B' || substr(project_no, 2) as borrower, project_no, amount
        from ledger.hold where platform_no = ${platformNo} order by request_no`),
      ),
    );
  }
  await owner.execute(once(sql`select setval('ledger.key', ${BigInt(load.partitions + 2) * 10_000_000n})`));
  await owner.execute(once(sql`vacuum analyze`));
  return trades;
}

async function fillPlatform(
  owner: Statements,
  platformNo: string,
  firstId: bigint,
  half: number,
  holds: number,
  seed: bigint,
): Promise<void> {
  const run = (statement: ReturnType<typeof sql>): Promise<number> => owner.execute(once(statement));
  await run(sql`
    insert into ledger.platform (platform_no, profile, state, currency, open_day)
    values (${platformNo}, 'strict', 'OPEN', 'CNY', '20260101')`);
  // Sealed data of its usual size.
  await run(sql`
    insert into ledger.platform_user (platform_no, platform_user_no, user_type, user_role, state, access_type, audit_status, id_card_type,
      name, id_card_no, mobile, registered_at)
    select ${platformNo}::text, kind || lpad(n::text, 7, '0'), 'PERSONAL', case kind when 'I' then 'INVESTOR' else 'BORROWERS' end, 'ACTIVE',
      'FULL_CHECKED', 'PASSED', 'PRC_ID', sealed, sealed, sealed, now()
    from (values ('I'), ('B')) as kinds (kind), generate_series(1, ${half}::int) as n,
      lateral (select json_build_object('keyVersion', 1, 'ciphertext', repeat(md5(kind || n), 3) || '==',
        'keyedHash', md5(kind || n) || md5(n || kind), 'masked', '******' || lpad(n::text, 4, '0')) as sealed) as personal`);
  await run(sql`
    insert into ledger.hold (platform_no, request_no, kind, account, biz_type, project_no, amount, created_at, updated_at)
    select ${platformNo}::text, 'H' || lpad(n::text, 9, '0'), 'P',
      'USER:I' || lpad((1 + mod(hashint8extended(n, ${seed}::int8) & 9223372036854775807, ${half}::int8))::text, 7, '0'), 'TENDER',
      'P' || lpad((1 + mod(hashint8extended(n, ${seed + 1n}::int8) & 9223372036854775807, ${half}::int8))::text, 7, '0'),
      100 + mod(hashint8extended(n, ${seed + 2n}::int8) & 9223372036854775807, 9900), now(), now()
    from generate_series(1, ${holds}::int) as n`);
  await run(sql`
    insert into ledger.project (platform_no, project_no, platform_user_no, status, amount, filed, tender_amount, loan_amount, repayment_amount,
      income, created_at)
    select ${platformNo}::text, 'P' || lpad(n::text, 7, '0'), 'B' || lpad(n::text, 7, '0'), 'COLLECTING', 99999999999,
      json_build_object('projectName', 'bench', 'projectType', 'STANDARDPOWDER', 'projectPeriod', 90, 'annnualInterestRate', '8.00',
        'repaymentWay', 'ONE_TIME_SERVICING', 'productType', 'COMMONPRODUCT'),
      coalesce(bid, 0), 0, 0, 0, now()
    from generate_series(1, ${half}::int) as n
    left join (
      select project_no, sum(amount) as bid from ledger.hold where platform_no = ${platformNo} group by project_no
    ) as bids on bids.project_no = 'P' || lpad(n::text, 7, '0')`);
  // CUSTODY is firstId + 1, the platform's own accounts follow, then investors, then borrowers.
  await run(sql`
    insert into ledger.account (id, platform_no, code, currency, balance, version)
    select ${firstId}::int8 + n, ${platformNo}::text, code, 'CNY', case n when 1 then ${OPENING}::int8 * ${half}::int8 else 0 end,
      case n when 1 then ${half}::int8 else 0 end
    from unnest(array['CUSTODY', 'RECEIVABLE', 'REMIT', 'SUSPENSE', 'FN:000', 'FN:002', 'FN:004', 'FN:005', 'FN:007'])
      with ordinality as own (code, n)`);
  await run(sql`
    insert into ledger.account (id, platform_no, code, currency, balance, held, version)
    select ${firstId}::int8 + 100 + n, ${platformNo}::text, 'USER:I' || lpad(n::text, 7, '0'), 'CNY', ${OPENING}::int8, coalesce(reserved, 0), 1
    from generate_series(1, ${half}::int) as n
    left join (
      select account, sum(amount) as reserved from ledger.hold where platform_no = ${platformNo} group by account
    ) as holds on account = 'USER:I' || lpad(n::text, 7, '0')`);
  await run(sql`
    insert into ledger.account (id, platform_no, code, currency, balance, version)
    select ${firstId}::int8 + 100 + ${half}::int8 + n, ${platformNo}::text, 'USER:B' || lpad(n::text, 7, '0'), 'CNY', 0, 0
    from generate_series(1, ${half}::int) as n`);
  await run(sql`
    insert into ledger.instruction (id, platform_no, origin, number, service, digest, message_id, state, answer, received_at, ended_at)
    values (${firstId}, ${platformNo}, 'OPERATOR', 'opening', 'PLATFORM_ADDED', sha256('opening'), gen_random_uuid(), 'DONE',
      '{"status":"SUCCESS","final":true,"fields":{}}', now(), now())`);
  await run(sql`
    insert into ledger.journal (id, platform_no, day, received_at) values (${firstId}, ${platformNo}, '20260101', now())`);
  await run(sql`
    insert into ledger.entry (account_id, version, journal_id, contra_id, amount, balance_after, side)
    select case side when 'D' then ${firstId}::int8 + 1 else ${firstId}::int8 + 100 + n end, case side when 'D' then n else 1 end,
      ${firstId}::int8, case side when 'D' then ${firstId}::int8 + 100 + n else ${firstId}::int8 + 1 end, ${OPENING}::int8,
      case side when 'D' then n * ${OPENING}::int8 else ${OPENING}::int8 end, side::"char"
    from (values ('D'), ('C')) as sides (side), generate_series(1::int8, ${half}::int8) as n`);
}
