-- Money: pins of withdrawals and refunds, the advance line and waiting pay-outs, suspense, refunds, fees, and acts that fall due.

-- Acts that the books gave themselves, when they fell due.
alter type ledger.origin add value 'DUE';

alter table ledger.platform add column withdraw_delay_minutes int check (withdraw_delay_minutes > 0);

-- Refunds that wait until the lot has arrived, by their numbers; null for none.
alter table ledger.lot add column refunds text[];

-- What of a balance withdrawals and refunds pin: {lot: "fen"}, arrived money under ARRIVED; null for nothing.
alter table ledger.account
  add column pins jsonb,
  alter column currency set default 'CNY',
  add constraint account_pins_of_claims check (not asset or pins is null);

alter table ledger.hold
  add column pins jsonb,
  drop constraint hold_kind_check,
  -- PRETRANSACTION, GENERAL, WITHDRAWAL, REFUND
  add constraint hold_kind_check check (kind in ('P', 'G', 'W', 'R')),
  -- Who pins captures or releases the whole.
  add constraint hold_pins_whole check (pins is null or captured + released in (0, amount));

alter table ledger.recharge
  -- The one bid approved in advance with it.
  add column advance_trade_type text,
  add column advance_amount bigint check (advance_amount > 0),
  add column advance_project_no text,
  -- What of it refunds gave back or are about to, and what of that is commission.
  add column refunded bigint check (refunded between 0 and amount),
  add column refunded_commission bigint check (refunded_commission between 0 and least(refunded, commission));

-- Acts that fall due 到期: moved to the outbox when their time has come.
create table ledger.due (
  platform_no text collate "C" not null,
  number text collate "C" not null,
  due_at timestamptz not null,
  act json not null,
  primary key (platform_no, number)
);
create index due_at on ledger.due (due_at);

-- What is in suspense 挂账: paid by a channel for an account that could not take it, or credited by the bank for nobody known.
create table ledger.suspense (
  platform_no text collate "C" not null,
  source text not null check (source in ('RECHARGE', 'CREDIT')),
  number text collate "C" not null,
  amount bigint not null check (amount > 0),
  -- The lot that it came in with; null for a bank's credit.
  lot text,
  status text not null check (status in ('OPEN', 'CLAIMED', 'RETURNING', 'RETURNED', 'REFUNDING', 'REFUNDED')),
  -- Who got it.
  platform_user_no text,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (platform_no, source, number)
);

-- Refunds 退款 of recharges. WAITING: until the recharge's lot has arrived. CLEARING: the channel's yes came, the lot has not arrived yet.
create table ledger.refund (
  platform_no text collate "C" not null,
  refund_no text collate "C" not null,
  request_no text collate "C" not null,
  account text collate "C" not null,
  amount bigint not null check (amount > 0),
  commission bigint not null check (commission between 0 and amount),
  lot text not null,
  status text not null check (status in ('WAITING', 'REFUNDING', 'CLEARING', 'SUCCESS', 'FAIL')),
  order_id text,
  channel_order_no text,
  clearing_day date,
  fail_reason text,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (platform_no, refund_no)
);

-- Fees 手续费 of channels and of the bank, as invoiced. OPEN: the income account is short. CHARGED: taken, not yet debited by the bank.
create table ledger.fee (
  platform_no text collate "C" not null,
  invoice_no text collate "C" not null,
  kind text not null check (kind in ('PAYOUT', 'CUSTODY')),
  amount bigint not null check (amount > 0),
  lot text,
  status text not null check (status in ('OPEN', 'CHARGED', 'PAID')),
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (platform_no, invoice_no)
);
create index fee_open on ledger.fee (platform_no) where status <> 'PAID';

-- Taking them out locks them first, which needs the right to update.
grant select, insert, update, delete on ledger.due to qianzhi_ledger;
grant select, insert, update on ledger.suspense, ledger.refund, ledger.fee to qianzhi_ledger;
