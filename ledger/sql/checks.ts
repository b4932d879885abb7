/**
 * What must be true of the books, as queries that find where it is not: each row is one finding, with its platform, its place, and what was
 * found against what was expected. They read whole tables, set by set, and never bring rows here but those that are wrong.
 */
import { type Statement, sql } from '../../runtime/postgres/sql.ts';

export interface FindingRecord {
  readonly platform_no: string | null;
  readonly place: string;
  readonly found: string | null;
  readonly expected: string | null;
}

/** By what each proves. */
export const checks: Readonly<Record<string, () => Statement>> = {
  /** Identity 1, and stronger: each posting debits and credits the same amount, per currency. */
  'journals balance': () => sql`
    select journal.platform_no, 'journal ' || found.journal_id || ': ' || found.currency as place, found.debit::text as found,
      found.credit::text as expected
    from (
      select journal_id, currency, coalesce(sum(amount) filter (where side = 'D'), 0) as debit,
        coalesce(sum(amount) filter (where side = 'C'), 0) as credit
      from ledger.entry join ledger.account on account.id = entry.account_id
      group by journal_id, currency
    ) as found
    left join ledger.journal on journal.id = found.journal_id
    where debit <> credit
    order by found.journal_id`,

  'every leg has its other leg': () => sql`
    select journal.platform_no, 'journal ' || journal_id || ': account ' || debited || ' to account ' || credited as place,
      (-missing)::text as found, '0' as expected
    from (
      select journal_id, case side when 'D' then account_id else contra_id end as debited,
        case side when 'D' then contra_id else account_id end as credited,
        sum(case side when 'D' then amount else -amount end) as missing
      from ledger.entry group by 1, 2, 3
    ) as posting
    left join ledger.journal on journal.id = journal_id
    where missing <> 0
    order by journal_id`,

  'entries have journals and accounts, and journals have entries': () => sql`
    select journal.platform_no, 'journal ' || coalesce(journal.id, legs.journal_id) as place,
      case when journal.id is null then 'entries without a journal' else 'a journal without entries' end as found, 'both' as expected
    from ledger.journal
    full join (select distinct journal_id from ledger.entry) as legs on legs.journal_id = journal.id
    where journal.id is null or legs.journal_id is null
    union all
    select null, 'account ' || lost.account_id, 'entries without an account', 'both'
    from (select distinct account_id from ledger.entry) as lost
    where not exists (select from ledger.account where account.id = lost.account_id)`,

  'journals have their instruction, which was not refused': () => sql`
    select journal.platform_no, 'journal ' || journal.id as place, coalesce(instruction.state::text, 'no instruction') as found,
      'OPEN or DONE' as expected
    from ledger.journal
    left join ledger.instruction on instruction.id = journal.id and instruction.platform_no = journal.platform_no
    where instruction.id is null or instruction.state = 'REFUSED'
    order by journal.id`,

  'balances equal entries': () => sql`
    select platform_no, code as place, 'balance ' || balance || ', version ' || version as found,
      'balance ' || booked || ', version ' || entries || ' of ' || first || '..' || last as expected
    from (
      select account.*, coalesce(case when asset then debit else -debit end, 0) as booked, coalesce(entries, 0) as entries,
        coalesce(first, 1) as first, coalesce(last, 0) as last
      from ledger.account
      left join (
        select account_id, sum(case side when 'D' then amount else -amount end) as debit, count(*) as entries,
          min(version) as first, max(version) as last
        from ledger.entry group by account_id
      ) as legs on legs.account_id = account.id
    ) as compared
    where balance <> booked or version <> entries or version <> last or first <> 1
    order by platform_no, code`,

  'each entry says the balance after it': () => sql`
    select platform_no, code || ' entry ' || version as place, balance_after::text as found, running::text as expected
    from (
      select account.platform_no, account.code, entry.version, entry.balance_after,
        sum(case when (side = 'D') = asset then amount else -amount end) over (partition by account_id order by entry.version) as running
      from ledger.entry join ledger.account on account.id = entry.account_id
    ) as told
    where balance_after <> running
    order by platform_no, code, version`,

  'holds equal held': () => sql`
    select coalesce(account.platform_no, reserved.platform_no) as platform_no, coalesce(code, reserved.account) as place,
      coalesce(held, 0)::text as found, coalesce(reserved.amount, 0)::text as expected
    from ledger.account
    full join (
      select platform_no, account, sum(amount - captured - released) as amount from ledger.hold group by platform_no, account
    ) as reserved on reserved.platform_no = account.platform_no and reserved.account = account.code
    where coalesce(held, 0) <> coalesce(reserved.amount, 0) or account.id is null
    order by 1, 2`,

  /** Arrived lots are folded in when an account is next touched, so only the others are compared. */
  'floats equal those of the entries': () => sql`
    with in_transit as (select platform_no, lot from ledger.lot where state <> 'ARRIVED'),
    said as (
      select account.platform_no, account.code, part.key as lot, part.value::bigint as amount
      from ledger.account cross join jsonb_each_text(floats) as part
      where floats is not null and (account.platform_no, part.key) in (select platform_no, lot from in_transit)
    ),
    booked as (
      select account.platform_no, account.code, part.key as lot,
        sum(case when (side = 'D') = asset then part.value::bigint else -part.value::bigint end) as amount
      from ledger.entry join ledger.account on account.id = entry.account_id cross join jsonb_each_text(entry.floats) as part
      where entry.floats is not null and (account.platform_no, part.key) in (select platform_no, lot from in_transit)
      group by 1, 2, 3
    )
    select platform_no, code || ' float of ' || lot as place, coalesce(said.amount, 0)::text as found,
      coalesce(booked.amount, 0)::text as expected
    from said full join booked using (platform_no, code, lot)
    where coalesce(said.amount, 0) <> coalesce(booked.amount, 0)
    order by 1, 2`,

  'floats are of known lots, and no more than the balance': () => sql`
    select platform_no, code as place, found, expected
    from (
      select account.platform_no, account.code, 'float ' || sum(part.value::bigint) filter (where lot.state <> 'ARRIVED') as found,
        'at most ' || account.balance as expected,
        coalesce(sum(part.value::bigint) filter (where lot.state <> 'ARRIVED'), 0) > account.balance as more,
        bool_or(lot.lot is null) as unknown, bool_or(part.value::bigint <= 0) as below
      from ledger.account
      cross join jsonb_each_text(floats) as part
      left join ledger.lot on lot.platform_no = account.platform_no and lot.lot = part.key
      where floats is not null
      group by account.id
    ) as sums
    where more or unknown or below
    order by platform_no, code`,

  'shares equal what is lent and not repaid': () => sql`
    select project.platform_no, project.project_no as place, coalesce(shares.amount, 0)::text as found,
      (loan_amount - repayment_amount + income)::text as expected
    from ledger.project
    left join (
      select platform_no, project_no, sum(amount) as amount from ledger.share group by platform_no, project_no
    ) as shares using (platform_no, project_no)
    where coalesce(shares.amount, 0) <> loan_amount - repayment_amount + income
    order by 1, 2`,

  'what of a sale is reserved and confirmed equals its purchases': () => sql`
    select sale.platform_no, 'sale ' || sale.request_no as place, 'reserved ' || pre_saling_share || ', confirmed ' || confirmed_share as found,
      'reserved ' || coalesce(bought.reserved, 0) || ', confirmed ' || coalesce(bought.confirmed, 0) as expected
    from ledger.debenture_sale as sale
    left join (
      select purchase.platform_no, sale_no, sum(confirmed) as confirmed,
        sum(share - confirmed) filter (where hold.captured + hold.released < hold.amount) as reserved
      from ledger.purchase left join ledger.hold using (platform_no, request_no)
      group by purchase.platform_no, sale_no
    ) as bought on bought.platform_no = sale.platform_no and bought.sale_no = sale.request_no
    where pre_saling_share <> coalesce(bought.reserved, 0) or confirmed_share <> coalesce(bought.confirmed, 0)
    order by 1, 2`,

  'what of a share is on sale equals its open sales': () => sql`
    select platform_no, project_no || ' of ' || platform_user_no as place, coalesce(on_sale, 0)::text as found,
      coalesce(open.amount, 0)::text as expected
    from ledger.claim
    full join (
      select platform_no, project_no, platform_user_no, sum(sale_share - confirmed_share) as amount
      from ledger.debenture_sale where status = 'ONSALE' group by platform_no, project_no, platform_user_no
    ) as open using (platform_no, project_no, platform_user_no)
    where coalesce(on_sale, 0) <> coalesce(open.amount, 0)
    order by 1, 2`,

  /** Identity 2. */
  'assets equal liabilities': () => sql`
    select platform_no, currency as place, assets::text as found, liabilities::text as expected
    from (
      select platform_no, currency, coalesce(sum(balance) filter (where asset), 0) as assets,
        coalesce(sum(balance) filter (where not asset), 0) as liabilities
      from ledger.account group by platform_no, currency
    ) as sums
    where assets <> liabilities
    order by platform_no, currency`,

  /** Identity 3; a lot that has arrived owes nothing and is owed nothing. */
  'float of a lot equals what its channel owes': () => sql`
    with floats as (
      select account.platform_no, part.key as lot, sum(part.value::bigint) as amount
      from ledger.account cross join jsonb_each_text(floats) as part where floats is not null group by 1, 2
    ),
    lots as (
      select platform_no, lot, coalesce(lot.state, 'no such lot') as state, coalesce(collect.balance, 0) as owed,
        coalesce(paid.balance, 0) as owing
      from ledger.lot
      full join (
        select platform_no, substr(code, 9) as lot, balance from ledger.account where code like 'COLLECT:%'
      ) as collect using (platform_no, lot)
      left join (
        select platform_no, substr(code, 6) as lot, balance from ledger.account where code like 'PAID:%'
      ) as paid using (platform_no, lot)
    )
    select platform_no, 'lot ' || lot || ' ' || lots.state as place,
      case lots.state when 'ARRIVED' then 'COLLECT ' || owed || ', PAID ' || owing else 'float ' || coalesce(floats.amount, 0) end as found,
      case lots.state when 'ARRIVED' then 'COLLECT 0, PAID 0' else 'COLLECT ' || owed end as expected
    from lots left join floats using (platform_no, lot)
    where case lots.state when 'ARRIVED' then owed <> 0 or owing <> 0 else owed <> coalesce(floats.amount, 0) end
    order by platform_no, lot`,
};

/** Sizes, to say what was checked. */
export const countBooks = (): Statement => sql`
  select (select count(*) from ledger.platform) as platforms, (select count(*) from ledger.account) as accounts,
    (select count(*) from ledger.journal) as journals, (select count(*) from ledger.entry) as entries,
    (select count(*) from ledger.hold) as holds`;

export const selectTrialBalance = (platformNo: string): Statement => sql`
  select account, side, balance, held from ledger_public.trial_balance_v1
  where platform_no = ${platformNo}
  order by side, account`;
