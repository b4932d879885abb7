-- What the books gave themselves to do: pieces of work that the writer of the partition works off in this order, between lone instructions.

alter type ledger.origin add value if not exists 'WORK';

create table ledger.work (
  partition int not null,
  -- From ledger.key: grows with time.
  id bigint not null,
  platform_no text not null,
  -- An InstructionMessage (contract/internal/instruction.ts).
  body text not null,
  trace text,
  since timestamptz not null default now(),
  primary key (partition, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);

grant select, insert, delete on ledger.work to qianzhi_ledger;
