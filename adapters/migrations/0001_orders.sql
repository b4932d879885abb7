-- Orders to channels, what was tried, what the channels said, and what is to be told to the books.
-- Times are epoch milliseconds of the process that wrote; amounts are fen. Personal data is inside `message`, sealed.

create table adapters.channel_order (
  order_id text primary key check (order_id ~ '^[0-9A-Z]{24}$'),
  channel text not null,
  kind text not null check (kind in ('collect', 'payout', 'refund', 'verify')),
  platform_no text not null,
  request_no text not null,
  amount bigint not null check (amount >= 0 and (amount > 0 or kind = 'verify')),
  -- The OrderMessage as it came, and the SHA-256 of it.
  message text not null,
  digest text not null,
  expires_at bigint,
  trace text,
  opened_at bigint not null,
  state text not null default 'opened'
    check (state in ('opened', 'pending', 'unknown', 'settled', 'declined', 'returned')),
  -- never: surely not sent. begun: a send was begun and its end not recorded. uncertain: it may have arrived. answered: it did.
  sending text not null default 'never' check (sending in ('never', 'begun', 'uncertain', 'answered')),
  sent_at bigint,
  presentation jsonb,
  channel_order_no text,
  clearing_day text check (clearing_day ~ '^[0-9]{8}$'),
  settled_at bigint,
  bankcode text,
  returned_at bigint,
  returned_day text check (returned_day ~ '^[0-9]{8}$'),
  error_code text,
  error_message text,
  -- When the channel was last asked and said that it is not done: it cannot belong to a day that was closed before.
  pending_as_of bigint,
  asks int not null default 0,
  -- When to do something about it; null when nothing is to be done.
  next_at bigint,
  lease_until bigint not null default 0,
  lease bigint not null default 0,
  check (state not in ('settled', 'returned') or (channel_order_no is not null and settled_at is not null)),
  check (state not in ('settled', 'returned') or kind = 'verify' or clearing_day is not null),
  check (state <> 'declined' or error_code is not null),
  check (state <> 'returned' or (kind = 'payout' and returned_at is not null and returned_day is not null))
) with (fillfactor = 70);
create index channel_order_due on adapters.channel_order (next_at) where next_at is not null;
create index channel_order_open on adapters.channel_order (channel, platform_no)
  where state in ('opened', 'pending', 'unknown');
create index channel_order_lot on adapters.channel_order (channel, platform_no, clearing_day);
create index channel_order_returned on adapters.channel_order (channel, platform_no, returned_day)
  where returned_day is not null;

-- States only move forward, and what was final never changes: the first final word wins.
create function adapters.channel_order_forward() returns trigger language plpgsql as $$
begin
  if old.order_id <> new.order_id or old.amount <> new.amount or old.channel <> new.channel or old.message <> new.message then
    raise exception 'an order does not change' using errcode = '23514', constraint = 'order_is_fixed';
  end if;
  if old.state in ('settled', 'declined', 'returned') and new.state <> old.state
    and not (old.state = 'settled' and new.state = 'returned') then
    raise exception 'an order that is % does not become %', old.state, new.state
      using errcode = '23514', constraint = 'states_move_forward';
  end if;
  if old.state <> 'opened' and new.state = 'opened' then
    raise exception 'an order does not open again' using errcode = '23514', constraint = 'states_move_forward';
  end if;
  if old.channel_order_no <> new.channel_order_no or old.clearing_day <> new.clearing_day then
    raise exception 'what a channel settled does not change' using errcode = '23514', constraint = 'settled_is_fixed';
  end if;
  return new;
end $$;
create trigger channel_order_forward before update on adapters.channel_order
  for each row execute function adapters.channel_order_forward();

-- Every call to a channel: committed before it is made, its end afterwards. One without an end died with its process.
create table adapters.attempt (
  id bigint generated always as identity primary key,
  order_id text not null,
  act text not null check (act in ('send', 'ask', 'close')),
  started_at bigint not null,
  ended_at bigint,
  answer text,
  why text
);
create index attempt_order on adapters.attempt (order_id);

-- What channels told us of their own accord, as evidence: the body sealed, forged ones too.
create table adapters.callback (
  id bigint generated always as identity primary key,
  channel text not null,
  verdict text not null check (verdict in ('order', 'settlement', 'forged', 'unreadable', 'strange')),
  why text,
  order_id text,
  digest text not null,
  body bytea not null,
  first_at bigint not null,
  last_at bigint not null,
  times int not null default 1,
  unique (channel, digest, verdict)
);

create table adapters.settlement (
  channel text not null,
  platform_no text not null,
  clearing_day text not null check (clearing_day ~ '^[0-9]{8}$'),
  gross bigint not null,
  payouts bigint not null,
  fee bigint not null check (fee >= 0),
  net bigint not null,
  noticed_at bigint not null,
  -- When the pay-outs were asked about once more, because our sums are others than the channel's.
  checked_at bigint,
  told_at bigint,
  primary key (channel, platform_no, clearing_day),
  check (net = gross - payouts - fee)
);
create index settlement_untold on adapters.settlement (noticed_at) where told_at is null;

-- 差错: what contradicts what we know. Each once, for a person; no money follows from one.
create table adapters.difference (
  id bigint generated always as identity primary key,
  channel text not null,
  platform_no text,
  about text not null,
  kind text not null,
  detail text not null,
  found_at bigint not null,
  unique (about, kind, detail)
);

create table adapters.outbox (
  id bigint generated always as identity primary key,
  family text not null,
  platform_no text not null,
  message_id text not null,
  body text not null,
  trace text,
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);

create table adapters.parked (
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
create unique index parked_once on adapters.parked (queue, partition, message_id) where unparked_at is null;

grant select, insert, update on adapters.channel_order, adapters.attempt, adapters.callback, adapters.settlement,
  adapters.parked to qianzhi_adapters;
grant select, insert on adapters.difference to qianzhi_adapters;
grant select, insert, delete on adapters.outbox to qianzhi_adapters;
