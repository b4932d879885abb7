-- A collection that was declined and is paid all the same: once the channel itself, when asked, says so, it is settled, and the books credit
-- it late. Everything else that was final stays what it was.
create or replace function adapters.channel_order_forward() returns trigger language plpgsql as $$
begin
  if old.order_id <> new.order_id or old.amount <> new.amount or old.channel <> new.channel or old.message <> new.message then
    raise exception 'an order does not change' using errcode = '23514', constraint = 'order_is_fixed';
  end if;
  if old.state in ('settled', 'declined', 'returned') and new.state <> old.state
    and not (old.state = 'settled' and new.state = 'returned')
    and not (old.state = 'declined' and new.state = 'settled' and old.kind = 'collect') then
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
