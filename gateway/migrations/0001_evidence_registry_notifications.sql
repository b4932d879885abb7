-- The gateway's own state: what it received (evidence), what the books have not answered yet (pending), whom it knows (registry), what it
-- has taken in from the books (result_taken) and what it tells platforms (notification). Nothing here is money.

-- Evidence 证据 of every message whose signature verified: committed before the message is published, never changed.
create table gateway.evidence (
  id uuid primary key,
  kind text not null check (kind in ('PLATFORM', 'PAGE')),
  platform_no text not null,
  service_name text not null,
  request_no text not null,
  -- SHA-256 of the content, as the claim in the ledger has it.
  digest bytea not null check (octet_length(digest) = 32),
  -- Of a platform's message; a page's act has none.
  key_serial text,
  sign text,
  -- The bytes that were signed, sealed under the label `evidence|<id>`.
  raw bytea not null,
  user_device text,
  received_at timestamptz not null
);
create index evidence_request on gateway.evidence (platform_no, request_no);

create function gateway.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'evidence is append-only' using errcode = 'restrict_violation';
end
$$;
create trigger evidence_is_append_only before update or delete on gateway.evidence
  for each statement execute function gateway.refuse_change();

-- Evidence without an answer from the books. Committed together with the evidence; deleted when the answer came; published again when due.
create table gateway.pending (
  evidence_id uuid primary key,
  platform_no text not null,
  -- The instruction message without replyTo; personal data in it is sealed.
  body text not null,
  -- How often it was published, and so how long to the next time.
  published int not null default 1,
  due_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
create index pending_due on gateway.pending (due_at);

-- Whom the gateway knows. `version` of registry_version grows with each change, so that all instances see that there was one.
create table gateway.platform (
  platform_no text primary key,
  name text not null,
  profile text not null,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'SUSPENDED')),
  notify_url text not null,
  -- Private ranges (CIDR) that the notify URL may point into.
  notify_allow text[] not null,
  -- Null means every service that is open.
  services text[],
  -- Milliseconds between deliveries of a notification; null means the configured ones.
  notify_gaps_ms bigint[],
  changed_at timestamptz not null default now()
);
create table gateway.platform_key (
  platform_no text not null references gateway.platform,
  key_serial text not null,
  algorithm text not null check (algorithm in ('RSA2', 'RSA1', 'SM2', 'ED25519', 'P256')),
  public_key text not null,
  certificate text,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  revoked_at timestamptz,
  primary key (platform_no, key_serial)
);
create table gateway.registry_version (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into gateway.registry_version (version) values (1);

-- Results of the books that were taken in: an event is taken once.
create table gateway.result_taken (
  platform_no text not null,
  event text not null,
  taken_at timestamptz not null default now(),
  primary key (platform_no, event)
);

-- Notifications 通知: one row an event, delivered until the platform says SUCCESS or the gaps are used up.
create table gateway.notification (
  id uuid primary key,
  platform_no text not null,
  event text not null,
  service_name text not null,
  request_no text not null,
  -- The text of respData, sealed under the label `notification|<platform_no>|<event>`; it never changes.
  resp_data bytea not null,
  user_device text,
  state text not null default 'DUE' check (state in ('DUE', 'DELIVERED', 'PARKED')),
  -- Deliveries begun.
  attempts int not null default 0,
  -- When to deliver next; while a delivery is under way, when its lease ends.
  due_at timestamptz not null,
  last_error text,
  last_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  delivered_at timestamptz,
  unique (platform_no, event)
) with (fillfactor = 80);
create index notification_due on gateway.notification (platform_no, due_at, id) where state = 'DUE';
create index notification_parked on gateway.notification (platform_no, id) where state = 'PARKED';
create index notification_request on gateway.notification (platform_no, request_no);

-- Messages of the bus that could not be handled, whole, for a person.
create table gateway.parked (
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
create unique index parked_once on gateway.parked (queue, partition, message_id) where unparked_at is null;

grant select, insert on gateway.evidence, gateway.result_taken to qianzhi_gateway;
grant select, insert, update, delete on gateway.pending to qianzhi_gateway;
grant select, insert, update on gateway.platform, gateway.platform_key, gateway.registry_version, gateway.notification, gateway.parked
  to qianzhi_gateway;
