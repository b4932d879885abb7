-- The bank's pages 页面 with the sessions that may see them, and the users' trade passwords 交易密码. A page is a view of an instruction
-- that the books hold; what it decides itself is only whether its user approved, gave up, or let it pass.

create table gateway.page (
  -- Random, in the page's URL; no secret.
  page_id text primary key,
  platform_no text not null,
  request_no text not null,
  service_name text not null,
  platform_user_no text not null,
  -- What its user must give. OLD_AND_NEW and ELEMENTS_AND_NEW are RESET_PASSWORD by the old password or by the four elements.
  asks text not null check (asks in ('PASSWORD', 'NEW_PASSWORD', 'OLD_AND_NEW', 'ELEMENTS_AND_NEW', 'CONFIRMATION')),
  -- PageFacts as the books gave them: order of fields kept, personal data sealed.
  facts json not null,
  user_device text not null,
  -- OPEN: waits for its user. APPROVED, ENDING: he did what `act` says, and the books go on. ENDED: `answer` is the last word.
  state text not null default 'OPEN' check (state in ('OPEN', 'APPROVED', 'ENDING', 'ENDED')),
  ending text check (ending in ('CANCELLED', 'EXPIRED')),
  -- The act to be submitted, as it was first written: the same text gives the same digest, however often it is sent.
  act text,
  -- When he did it: an act that is submitted late was still in time.
  acted_at timestamptz,
  -- What the user must be shown to pay (a presentation).
  presentation json,
  answer json,
  opened_at timestamptz not null,
  expires_at timestamptz not null,
  -- When the sweeper looks at it next: its expiry, or when its act is submitted again. Null when nothing is left to do.
  due_at timestamptz,
  unique (platform_no, request_no),
  check ((state = 'OPEN') = (act is null) or state = 'ENDED'),
  check ((state = 'ENDED') = (answer is not null)),
  check ((state = 'ENDED') = (due_at is null)),
  check ((act is null) = (acted_at is null)),
  check (state <> 'ENDING' or ending is not null)
) with (fillfactor = 70);
create index page_due on gateway.page (due_at) where due_at is not null;

-- Browsers that may see a page. While it is open there is one, the latest that brought the platform's signed message.
create table gateway.page_session (
  page_id text not null references gateway.page on delete cascade,
  -- SHA-256 of the cookie.
  session_hash bytea not null check (octet_length(session_hash) = 32),
  opened_at timestamptz not null,
  -- It was sent on to the pay company, and is not sent there again by itself.
  sent_onward boolean not null default false,
  primary key (page_id, session_hash)
);

create table gateway.trade_password (
  platform_no text not null,
  platform_user_no text not null,
  -- scrypt, with what it was made with.
  hash bytea not null,
  salt bytea not null,
  cost int not null,
  block_size int not null,
  parallel int not null,
  -- The requestNo that set it.
  set_by text not null,
  set_at timestamptz not null,
  -- Tries begun since the last right one; each is counted before it is checked.
  tries int not null default 0 check (tries between 0 and 6),
  locked_until timestamptz,
  primary key (platform_no, platform_user_no),
  check ((tries = 6) = (locked_until is not null))
) with (fillfactor = 70);

-- A password that was typed on a page and becomes valid once the books say that its instruction succeeded.
create table gateway.trade_password_pending (
  platform_no text not null,
  request_no text not null,
  platform_user_no text not null,
  hash bytea not null,
  salt bytea not null,
  cost int not null,
  block_size int not null,
  parallel int not null,
  typed_at timestamptz not null,
  primary key (platform_no, request_no)
);

grant select, insert, update on gateway.page to qianzhi_gateway;
grant select, insert, update, delete on gateway.page_session, gateway.trade_password, gateway.trade_password_pending to qianzhi_gateway;
