/** FEE_COLLECTED: an invoice that was left open is tried again. A channel's goes to its day's lot, or to the late one if that has arrived. */
import { reject } from '../../contract/codes.ts';
import { Defect } from '../../runtime/failure.ts';
import type { Operation } from '../operation.ts';
import { decided } from './answers.ts';
import { because } from './checks.ts';
import { charged, feeAccounts } from './fees.ts';
import { clearingDayReads, openLot } from './lot-books.ts';

const LOT = /^(.+)-(\d{8})(?:-LATE)?$/;

export const feeCollected: Operation<'FEE_COLLECTED'> = {
  reads: ({ act }) => ({ fees: [act.invoiceNo], accounts: feeAccounts }),

  follow({ act }, book) {
    const [, channel, day] = LOT.exec(book.fees.get(act.invoiceNo)?.lot ?? '') ?? [];
    return channel === undefined || day === undefined ? {} : clearingDayReads(channel, day);
  },

  decide(instruction, book) {
    const row = book.fees.get(instruction.act.invoiceNo);
    if (row === undefined) return reject('100007');
    if (row.status !== 'OPEN') return reject('100008', because.invoiceNotOpen);
    const [, channel, day] = LOT.exec(row.lot ?? '') ?? [];
    if (row.lot !== undefined && (channel === undefined || day === undefined))
      throw new Defect(`fee ${row.invoiceNo} is of ${row.lot}, which is no lot`);
    const lot = channel === undefined || day === undefined ? undefined : openLot(book, channel, day);
    return decided(charged(row, lot, instruction, book));
  },
};
