/**
 * LOT_SETTLED: a channel's signed settlement of a clearing day, which stands for the bank's credit. When it matches the books the lot has
 * arrived; when not, nothing is posted and a difference 差错 is open.
 */
import { reject } from '../../contract/codes.ts';
import { lotOf } from '../accounts.ts';
import type { Operation } from '../operation.ts';
import type { LotRow } from '../rows.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { because } from './checks.ts';
import { lotReads, settling } from './lot-books.ts';

export const lotSettled: Operation<'LOT_SETTLED'> = {
  reads: ({ act }) => lotReads(lotOf(act.channel, act.clearingDay)),

  decide(instruction, book) {
    const { channel, clearingDay, gross, payouts, fee, net } = instruction.act;
    const lot = lotOf(channel, clearingDay);
    const before = book.lots.get(lot);
    if (before?.net !== undefined) return reject('100008', because.lotSettledBefore);
    const row: LotRow = { ...before, lot, channel, clearingDay, state: 'DIFFERENCE', gross, payouts, fee, net };
    const step = settling(book, instruction, { answer: success(), changes: { lots: [row] } }, row);
    const state = (step.changes?.lots?.length ?? 0) > 1 ? 'ARRIVED' : row.state;
    return decided({ ...step, answer: success(fieldsOf({ lot, state })) });
  },
};
