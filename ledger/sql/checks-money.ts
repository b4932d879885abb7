/** What must be true of money on its way: pins, suspense, pay-outs, refunds, fees; found where it is not, like the checks of the books. */
import { type Statement, sql } from '../../runtime/postgres/sql.ts';

export const moneyChecks: Readonly<Record<string, () => Statement>> = {
  'a posting never mixes two currencies': () => sql`
    select account.platform_no, 'journal ' || entry.journal_id || ': ' || account.code as place, account.currency as found,
      contra.currency || ' of ' || contra.code as expected
    from ledger.entry
    join ledger.account on account.id = entry.account_id
    join ledger.account as contra on contra.id = entry.contra_id
    where account.currency <> contra.currency or account.platform_no <> contra.platform_no
    order by entry.journal_id`,

  /** A lot that has arrived counts as arrived money on both sides. */
  'pins equal those of open holds': () => sql`
    with said as (
      select account.platform_no, account.code, case when lot.state = 'ARRIVED' then 'ARRIVED' else part.key end as lot,
        sum(part.value::bigint) as amount
      from ledger.account cross join jsonb_each_text(pins) as part
      left join ledger.lot on lot.platform_no = account.platform_no and lot.lot = part.key
      where pins is not null
      group by 1, 2, 3
    ),
    held as (
      select hold.platform_no, hold.account as code, case when lot.state = 'ARRIVED' then 'ARRIVED' else part.key end as lot,
        sum(part.value::bigint) as amount
      from ledger.hold cross join jsonb_each_text(pins) as part
      left join ledger.lot on lot.platform_no = hold.platform_no and lot.lot = part.key
      where pins is not null and hold.amount > captured + released
      group by 1, 2, 3
    )
    select platform_no, code || ' pins of ' || lot as place, coalesce(said.amount, 0)::text as found,
      coalesce(held.amount, 0)::text as expected
    from said full join held using (platform_no, code, lot)
    where coalesce(said.amount, 0) <> coalesce(held.amount, 0)
    order by 1, 2`,

  'what is pinned is there': () => sql`
    with money as (
      select account.platform_no, account.code, account.balance, account.pins,
        coalesce(jsonb_object_agg(part.key, part.value) filter (where lot.state <> 'ARRIVED'), '{}') as floats,
        coalesce(sum(part.value::bigint) filter (where lot.state <> 'ARRIVED'), 0) as float
      from ledger.account
      left join lateral jsonb_each_text(account.floats) as part on true
      left join ledger.lot on lot.platform_no = account.platform_no and lot.lot = part.key
      where account.pins is not null
      group by account.id
    ),
    pinned as (
      select money.platform_no, code, balance, floats, float, case when lot.state = 'ARRIVED' then 'ARRIVED' else part.key end as lot,
        sum(part.value::bigint) as amount
      from money cross join jsonb_each_text(pins) as part
      left join ledger.lot on lot.platform_no = money.platform_no and lot.lot = part.key
      group by 1, 2, 3, 4, 5, 6
    )
    select platform_no, code || ' pins of ' || lot as place, amount::text as found,
      'at most ' || case lot when 'ARRIVED' then balance - float else coalesce((floats ->> lot)::bigint, 0) end as expected
    from pinned
    where amount > case lot when 'ARRIVED' then balance - float else coalesce((floats ->> lot)::bigint, 0) end
    order by 1, 2`,

  'suspense equals what is open in it': () => sql`
    select platform_no, 'SUSPENSE' as place, coalesce(balance, 0)::text as found, coalesce(amount, 0)::text as expected
    from (select platform_no, balance from ledger.account where code = 'SUSPENSE') as booked
    full join (
      select platform_no, sum(amount) as amount from ledger.suspense where status in ('OPEN', 'REFUNDING') group by platform_no
    ) as open using (platform_no)
    where coalesce(balance, 0) <> coalesce(amount, 0)
    order by platform_no`,

  'what is on its way equals its withdrawals, returns and fees': () => sql`
    select platform_no, 'REMIT' as place, coalesce(balance, 0)::text as found, coalesce(amount, 0)::text as expected
    from (select platform_no, balance from ledger.account where code = 'REMIT') as booked
    full join (
      select platform_no, sum(amount) as amount
      from (
        select platform_no, amount from ledger.withdrawal where status in ('ACCEPT', 'REMITING')
        union all select platform_no, amount from ledger.suspense where status = 'RETURNING'
        union all select platform_no, amount from ledger.fee where status = 'CHARGED'
      ) as sent
      group by platform_no
    ) as sums using (platform_no)
    where coalesce(balance, 0) <> coalesce(amount, 0)
    order by platform_no`,

  'a withdrawal reserves while it waits for its confirmation, and only then': () => sql`
    select coalesce(withdrawal.platform_no, hold.platform_no) as platform_no,
      'withdrawal ' || coalesce(withdrawal.request_no, hold.request_no) as place,
      coalesce((hold.amount - captured - released)::text, 'no hold') as found,
      case when withdrawal.status = 'CONFIRMING' then withdrawal.amount else 0 end::text as expected
    from ledger.withdrawal
    full join (select * from ledger.hold where kind = 'W') as hold
      on hold.platform_no = withdrawal.platform_no and hold.request_no = withdrawal.request_no
    where (hold.request_no is not null or withdrawal.status = 'CONFIRMING')
      and coalesce(hold.amount - captured - released, 0) <> case when withdrawal.status = 'CONFIRMING' then withdrawal.amount else 0 end
    order by 1, 2`,

  'a refund reserves until it ends': () => sql`
    select platform_no, 'refund ' || refund_no as place, coalesce(reserved, 0)::text as found,
      case when status in ('SUCCESS', 'FAIL') then 0 else amount end::text as expected
    from ledger.refund
    left join (
      select platform_no, split_part(request_no, ':', 1) as refund_no, sum(amount - captured - released) as reserved
      from ledger.hold where kind = 'R' group by 1, 2
    ) as held using (platform_no, refund_no)
    where coalesce(reserved, 0) <> case when status in ('SUCCESS', 'FAIL') then 0 else amount end
    order by 1, 2`,

  'a recharge says what of it was refunded': () => sql`
    select platform_no, 'recharge ' || request_no as place, coalesce(recharge.refunded, 0)::text as found,
      coalesce(given.amount, 0)::text as expected
    from ledger.recharge
    full join (
      select platform_no, request_no, sum(amount) as amount from ledger.refund where status <> 'FAIL' group by platform_no, request_no
    ) as given using (platform_no, request_no)
    where coalesce(recharge.refunded, 0) <> coalesce(given.amount, 0)
    order by 1, 2`,
};
