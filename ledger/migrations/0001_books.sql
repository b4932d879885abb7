-- The books: users, accounts, holds, projects, shares, recharges, withdrawals, and the record of every instruction and posting.
--
-- One fenced writer per partition writes all of it, in batches; so there are no foreign keys on the hot path, and keys are short and grow with
-- time. What the decisions assure is assured here once more by constraints. Money is fen (bigint); floats are {lot: "fen"}. An answer, an act
-- and what was filed of a project are json (not jsonb), because the order of their members is the order of printing.

-- The owner of each partition's writes: an owner who takes over adds one, and every write checks its own (contract/topology.ts, PARTITIONS).
create table ledger.partition (
  partition int primary key,
  epoch bigint not null default 0,
  taken_at timestamptz
);
insert into ledger.partition (partition) select generate_series(0, 3);

-- Keys of accounts, instructions and journals: a writer takes a block and counts within it.
create sequence ledger.key increment by 4096 minvalue 4096 start 4096;

create table ledger.platform (
  platform_no text collate "C" primary key,
  profile text not null check (profile in ('strict', 'legacy')),
  state text not null check (state in ('OPEN', 'CLOSED')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  open_day date not null
);

-- Lots 清算批次: a channel's clearing days.
create table ledger.lot (
  platform_no text collate "C" not null,
  lot text collate "C" not null,
  channel text not null,
  clearing_day date not null,
  state text not null check (state in ('OPEN', 'DIFFERENCE', 'ARRIVED')),
  gross bigint,
  payouts bigint,
  fee bigint,
  net bigint,
  primary key (platform_no, lot)
);
create index lot_in_transit on ledger.lot (platform_no) where state <> 'ARRIVED';

-- Accounts of protocol 7a. Half-filled pages let an update stay on its page, without touching an index.
create table ledger.account (
  id bigint primary key,
  balance bigint not null constraint account_floor check (balance >= 0),
  held bigint not null default 0 constraint account_held_floor check (held >= 0),
  -- Number of the last entry.
  version bigint not null default 0 check (version >= 0),
  asset boolean not null generated always as (code in ('CUSTODY', 'RECEIVABLE') or code like 'COLLECT:%') stored,
  platform_no text collate "C" not null,
  code text collate "C" not null,
  currency text not null,
  -- What of the balance is in transit; null for nothing.
  floats jsonb,
  constraint account_held_covered check (asset or held <= balance),
  constraint account_asset_plain check (not asset or (held = 0 and floats is null)),
  unique (platform_no, code)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2);

-- One row for each instruction that posted anything; its id is the instruction's.
create table ledger.journal (
  id bigint primary key,
  received_at timestamptz not null,
  -- The accounting day.
  day date not null,
  platform_no text collate "C" not null
);

-- The legs of postings: never changed. A number of an account's that is used twice is refused by the key.
create table ledger.entry (
  account_id bigint not null,
  version bigint not null check (version > 0),
  journal_id bigint not null,
  -- The account on the other side.
  contra_id bigint not null,
  amount bigint not null check (amount > 0),
  balance_after bigint not null check (balance_after >= 0),
  side "char" not null check (side in ('D', 'C')),
  -- What of the amount was in transit; null for nothing.
  floats jsonb,
  primary key (account_id, version)
) with (autovacuum_vacuum_insert_scale_factor = 0.2);
-- Entries come in the order of their journals, so the smallest of indexes finds a journal's.
create index entry_journal on ledger.entry using brin (journal_id) with (pages_per_range = 16, autosummarize = on);

create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end
$$;
create trigger journal_is_append_only before update or delete or truncate on ledger.journal
  for each statement execute function ledger.refuse_change();
create trigger entry_is_append_only before update or delete or truncate on ledger.entry
  for each statement execute function ledger.refuse_change();

-- Holds 冻结: a pre-transaction is one.
create table ledger.hold (
  amount bigint not null check (amount > 0),
  captured bigint not null default 0 check (captured >= 0),
  released bigint not null default 0 check (released >= 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- The coupon that was named, and what of it trades have added; null for none.
  marketing_amount bigint,
  marketing_captured bigint,
  platform_no text collate "C" not null,
  request_no text collate "C" not null,
  kind "char" not null check (kind in ('P', 'G')), -- PRETRANSACTION, GENERAL
  account text collate "C" not null,
  biz_type text,
  project_no text,
  constraint hold_remainder check (captured + released <= amount),
  primary key (platform_no, request_no)
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

-- Users 用户. Personal data is sealed: {keyVersion, ciphertext, keyedHash, masked}.
create table ledger.platform_user (
  platform_no text collate "C" not null,
  platform_user_no text collate "C" not null,
  user_type text not null check (user_type in ('PERSONAL', 'ORGANIZATION')),
  user_role text not null,
  state text not null check (state in ('VERIFYING', 'ACTIVE', 'REFUSED')),
  access_type text not null,
  audit_status text not null,
  id_card_type text not null,
  name json not null,
  id_card_no json not null,
  mobile json not null,
  registered_at timestamptz not null,
  primary key (platform_no, platform_user_no)
);
create index platform_user_id_card on ledger.platform_user (platform_no, (id_card_no ->> 'keyedHash'));

-- Bound cards 绑定卡, with those that were bound before.
create table ledger.bound_card (
  platform_no text collate "C" not null,
  platform_user_no text collate "C" not null,
  card json not null,
  bankcode text,
  since timestamptz not null,
  until timestamptz
);
create unique index bound_card_now on ledger.bound_card (platform_no, platform_user_no) where until is null;

-- Authorisations 授权, with those that were given before.
create table ledger.authorisation (
  platform_no text collate "C" not null,
  platform_user_no text collate "C" not null,
  auth_list text[] not null,
  amount bigint check (amount >= 0),
  fail_time date,
  since timestamptz not null,
  until timestamptz
);
create unique index authorisation_now on ledger.authorisation (platform_no, platform_user_no) where until is null;

create table ledger.project (
  platform_no text collate "C" not null,
  project_no text collate "C" not null,
  platform_user_no text not null,
  status text not null check (status in ('COLLECTING', 'REPAYING', 'FINISH', 'MISCARRY')),
  amount bigint not null check (amount > 0),
  filed json not null,
  tender_amount bigint not null check (tender_amount >= 0),
  loan_amount bigint not null check (loan_amount >= 0),
  repayment_amount bigint not null check (repayment_amount >= 0),
  income bigint not null check (income >= 0),
  created_at timestamptz not null,
  constraint project_remainder check (tender_amount <= amount),
  primary key (platform_no, project_no)
) with (fillfactor = 50);

-- Creditors' shares 债权 in a project.
create table ledger.share (
  amount bigint not null constraint share_floor check (amount >= 0),
  platform_no text collate "C" not null,
  project_no text collate "C" not null,
  platform_user_no text collate "C" not null,
  primary key (platform_no, project_no, platform_user_no)
) with (fillfactor = 70);

create table ledger.recharge (
  platform_no text collate "C" not null,
  request_no text collate "C" not null,
  platform_user_no text not null,
  amount bigint not null check (amount > 0),
  commission bigint not null check (commission between 0 and amount),
  recharge_way text not null,
  status text not null check (status in ('INIT', 'PENDDING', 'SUCCESS', 'FAIL', 'ERROR')),
  order_id text,
  pay_company text,
  pay_company_request_no text,
  lot text,
  -- The pre-transaction that used the bid approved in advance with it.
  advance_used_by text,
  error_code text,
  error_message text,
  channel_error_code text,
  channel_error_message text,
  created_at timestamptz not null,
  transaction_time timestamptz,
  primary key (platform_no, request_no)
);

create table ledger.withdrawal (
  platform_no text collate "C" not null,
  request_no text collate "C" not null,
  platform_user_no text not null,
  amount bigint not null check (amount > 0),
  commission bigint not null check (commission between 0 and amount),
  withdraw_form text not null check (withdraw_form in ('IMMEDIATE', 'CONFIRMED')),
  withdraw_type text not null check (withdraw_type in ('NORMAL', 'URGENT', 'NORMAL_URGENT')),
  remit_type text not null check (remit_type in ('NORMAL', 'URGENT')),
  float_amount bigint not null check (float_amount >= 0),
  status text not null check (status in ('INIT', 'CONFIRMING', 'ACCEPT', 'REMITING', 'SUCCESS', 'FAIL', 'ACCEPT_FAIL')),
  back_roll_status text check (back_roll_status in ('INIT', 'PENDDING', 'SUCCESS')),
  bankcard json not null,
  order_id text,
  pay_company text,
  pay_company_request_no text,
  lot text,
  fail_reason text,
  created_at timestamptz not null,
  transaction_time timestamptz,
  remit_time timestamptz,
  completed_time timestamptz,
  primary key (platform_no, request_no)
);

create type ledger.origin as enum ('PLATFORM', 'PAGE', 'ORDER', 'LOT', 'OPERATOR');
create type ledger.instruction_state as enum ('OPEN', 'DONE', 'REFUSED');

-- Claims: every number once, with the digest of what was asked and the answer it got.
create table ledger.instruction (
  id bigint not null,
  received_at timestamptz not null,
  -- Null also when it ended at once; `state` tells.
  ended_at timestamptz,
  message_id uuid not null,
  origin ledger.origin not null,
  state ledger.instruction_state not null,
  platform_no text collate "C" not null,
  number text collate "C" not null,
  digest bytea not null constraint instruction_digest check (octet_length(digest) = 32),
  service text not null,
  -- Null is the commonest: {"status":"SUCCESS","final":true,"fields":{}}.
  answer json,
  -- What is kept of a platform's request, without its number.
  request json,
  primary key (platform_no, origin, number)
);
create index instruction_id on ledger.instruction using brin (id) with (pages_per_range = 16, autosummarize = on);

-- What is to be published (runtime/postgres/outbox.ts).
create table ledger.outbox (
  id bigint generated always as identity primary key,
  family text not null,
  platform_no text not null,
  message_id text not null,
  body text not null,
  trace text,
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);

-- Messages set aside for a person (runtime/postgres/parked.ts).
create table ledger.parked (
  id bigint generated always as identity primary key,
  queue text not null,
  partition int not null,
  family text not null,
  platform_no text not null,
  message_id text not null,
  body text not null,
  trace text,
  reason text not null,
  attempts int not null,
  parked_at timestamptz not null default now(),
  unparked_at timestamptz
);
create unique index parked_once on ledger.parked (queue, partition, message_id) where unparked_at is null;

grant select, update on ledger.partition to qianzhi_ledger;
grant usage on sequence ledger.key to qianzhi_ledger;
grant select, insert on ledger.journal, ledger.entry to qianzhi_ledger;
grant select, insert, update on ledger.platform, ledger.lot, ledger.account, ledger.hold, ledger.platform_user, ledger.bound_card,
  ledger.authorisation, ledger.project, ledger.share, ledger.recharge, ledger.withdrawal, ledger.instruction, ledger.parked
  to qianzhi_ledger;
grant select, insert, delete on ledger.outbox to qianzhi_ledger;

-- What reconciliation, console and check files may see, under a role of its own.
create schema ledger_public;
do $$
begin
  create role qianzhi_ledger_public nologin;
exception
  -- Roles belong to the whole server: another database made it, before or at this moment.
  when duplicate_object or unique_violation or internal_error then null;
end
$$;
create view ledger_public.trial_balance_v1 as
  select platform_no, currency, code as account, case when asset then 'ASSET' else 'LIABILITY' end as side, balance, held
  from ledger.account;
grant usage on schema ledger_public to qianzhi_ledger_public, qianzhi_ledger;
grant select on ledger_public.trial_balance_v1 to qianzhi_ledger_public, qianzhi_ledger;
