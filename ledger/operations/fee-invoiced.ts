/** FEE_INVOICED: a channel or the bank asks for a fee. */
import { reject } from '../../contract/codes.ts';
import type { Operation } from '../operation.ts';
import type { FeeRow } from '../rows.ts';
import { decided } from './answers.ts';
import { because } from './checks.ts';
import { charged, feeAccounts } from './fees.ts';
import { clearingDayReads, openLot } from './lot-books.ts';

export const feeInvoiced: Operation<'FEE_INVOICED'> = {
  reads({ act: { invoiceNo, channel, clearingDay } }) {
    const day = channel === undefined || clearingDay === undefined ? {} : clearingDayReads(channel, clearingDay);
    return { ...day, fees: [invoiceNo], accounts: [...feeAccounts, ...(day.accounts ?? [])] };
  },

  decide(instruction, book) {
    const { invoiceNo, kind, amount, channel, clearingDay } = instruction.act;
    if (book.fees.get(invoiceNo) !== undefined) return reject('100008', because.invoiceTaken);
    const lot = channel === undefined || clearingDay === undefined ? undefined : openLot(book, channel, clearingDay);
    const row: FeeRow = {
      invoiceNo,
      kind,
      amount,
      ...(lot === undefined ? {} : { lot: lot.lot }),
      status: 'OPEN',
      createdAt: instruction.receivedAt,
    };
    return decided(charged(row, lot, instruction, book));
  },
};
