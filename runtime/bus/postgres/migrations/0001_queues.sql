-- The bus on PostgreSQL: a table per line (a queue, or a partition of one), named as the line with dots as underscores. Each has an
-- identity of its own, so that the distance of its ids bounds its length. Rows are deleted when they are acknowledged: hence the eager
-- vacuum, which must not truncate (that locks out everybody). Bodies are not compressed, since they live for milliseconds.
do $$
declare
  line text;
begin
  foreach line in array array[
    'ledger_instruction_0', 'ledger_instruction_1', 'ledger_instruction_2', 'ledger_instruction_3',
    'adapters_order', 'gateway_presented', 'gateway_result'
  ] loop
    execute format($create$
      create table bus.%1$I (
        id bigint generated always as identity primary key,
        family text not null,
        platform_no text not null,
        message_id text not null,
        body text not null,
        trace text
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000, vacuum_truncate = false,
        toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000);
      alter table bus.%1$I alter column body set storage external;
      grant select, insert, delete on bus.%1$I to qianzhi_bus;
    $create$, line);
  end loop;
end
$$;

-- Who owns a line. The epoch grows with each owner, and an acknowledgement of an older epoch is ignored. `guarded` says that the owner's
-- session also holds the line's advisory lock: then the lock's being free means that the owner is gone, before the lease ends.
create table bus.lease (
  line text primary key,
  owner uuid not null,
  epoch bigint not null,
  guarded boolean not null,
  expires_at timestamptz not null
) with (fillfactor = 50);
grant select, insert, update on bus.lease to qianzhi_bus;

-- What may be lost: replies to one instance, and questions to any server. Unlogged, taken out as they are read.
create unlogged table bus.reply (
  address text not null,
  correlation_id text not null,
  body text not null,
  created_at timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
  vacuum_truncate = false);
alter table bus.reply alter column body set storage external;
create index reply_address on bus.reply (address);
grant select, insert, delete on bus.reply to qianzhi_bus;

create unlogged table bus.question (
  id bigint generated always as identity primary key,
  body text not null,
  created_at timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
  vacuum_truncate = false);
grant select, insert, update, delete on bus.question to qianzhi_bus;
