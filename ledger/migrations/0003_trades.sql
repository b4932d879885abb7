-- Trades: creditors' shares on sale and bought, what compensators may reclaim, entrusted payments, and what authorisations were used for.

-- NEW 新增 here; STOCK 存量 came with a migration.
alter table ledger.project add column properties text not null default 'NEW' check (properties in ('NEW', 'STOCK'));
-- A borrower's open projects, for the limit that a platform's borrowers have 标的限额监控.
create index project_open on ledger.project (platform_no, platform_user_no) where status in ('COLLECTING', 'REPAYING');
-- A project's holds, for its miscarriage. Its columns never change, so a capture stays on its page; equal keys share their space.
create index hold_project on ledger.hold (platform_no, project_no) where project_no is not null;

-- What each of its borrowers may owe, in fen: {"personal": …, "organization": …}.
alter table ledger.platform add column limits json;

-- What was reserved on the authorisation without its user; where the profile caps the sum.
alter table ledger.authorisation add column used bigint not null default 0 check (used >= 0);

-- Sales of creditors' shares 债权出让.
create table ledger.debenture_sale (
  platform_no text collate "C" not null,
  request_no text collate "C" not null,
  project_no text collate "C" not null,
  platform_user_no text collate "C" not null,
  sale_share bigint not null check (sale_share > 0),
  pre_saling_share bigint not null default 0 check (pre_saling_share >= 0),
  confirmed_share bigint not null default 0 check (confirmed_share >= 0),
  status text not null check (status in ('ONSALE', 'COMPLETED')),
  created_at timestamptz not null,
  ended_at timestamptz,
  constraint debenture_sale_oversold check (pre_saling_share + confirmed_share <= sale_share),
  primary key (platform_no, request_no)
) with (fillfactor = 70);

-- What a hold of kind CREDIT_ASSIGNMENT buys.
create table ledger.purchase (
  platform_no text collate "C" not null,
  request_no text collate "C" not null,
  sale_no text collate "C" not null,
  share bigint not null check (share > 0),
  confirmed bigint not null default 0,
  constraint purchase_share check (confirmed between 0 and share),
  primary key (platform_no, request_no)
) with (fillfactor = 70);

-- Besides a share: what of it is on sale, and what a compensator 代偿方 has paid and not got back.
create table ledger.claim (
  platform_no text collate "C" not null,
  project_no text collate "C" not null,
  platform_user_no text collate "C" not null,
  on_sale bigint not null default 0 check (on_sale >= 0),
  compensated bigint not null default 0 check (compensated >= 0),
  primary key (platform_no, project_no, platform_user_no)
) with (fillfactor = 70);

-- Whom a borrower has paid the loan of an entrusted project 受托支付.
create table ledger.entrustment (
  platform_no text collate "C" not null,
  project_no text collate "C" not null,
  request_no text collate "C" not null,
  entrusted_type text not null check (entrusted_type in ('PERSONAL', 'ENTERPRISE')),
  entrusted_platform_user_no text not null,
  created_at timestamptz not null,
  primary key (platform_no, project_no)
);

grant select, insert, update on ledger.debenture_sale, ledger.purchase, ledger.claim, ledger.entrustment to qianzhi_ledger;
