-- Below a line's floor no message is and none will ever be: the owner proves it (floor.ts). Who looks for the lowest ids starts there, instead
-- of stepping over all that was deleted and is not vacuumed yet, because somewhere an old snapshot is still in use.
alter table bus.lease add column floor bigint not null default 1;

-- How far a line's ids have been given out, for its length.
grant select on sequence
  bus.ledger_instruction_0_id_seq, bus.ledger_instruction_1_id_seq, bus.ledger_instruction_2_id_seq,
  bus.ledger_instruction_3_id_seq, bus.adapters_order_id_seq, bus.gateway_presented_id_seq, bus.gateway_result_id_seq
  to qianzhi_bus;
