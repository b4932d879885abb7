/** Who may write a partition (its epoch), and where keys come from. */
import { type Statement, sql } from '../../runtime/postgres/sql.ts';

/** How many keys one `takeKeys` gives: the increment of the sequence. */
export const KEY_BLOCK = 4096;

/** Makes the caller the owner: whoever owned the partition before is refused from here on. Waits for a write that is under way. */
export const takeEpoch = (partition: number): Statement => sql`
  update ledger.partition set epoch = epoch + 1, taken_at = now() where partition = ${partition} returning epoch`;

/** The epoch, held fast until the transaction ends: nobody takes over between this check and the commit. */
export const holdEpoch = (partition: number): Statement => sql`
  select epoch from ledger.partition where partition = ${partition} for share`;

/** The first key of a block that is ours. */
export const takeKeys = (): Statement => sql`select nextval('ledger.key') as first`;
