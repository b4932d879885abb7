/**
 * FREEZE_PRE_TRANSACTION 冻结预处理: a general freeze, or a part of it, becomes a pre-transaction: what it names is released there and reserved
 * here. Money moves only on its owner's instruction or authorisation (protocol 10), and a general freeze says nothing of what for: so his
 * authorisation for this kind must stand, as in USER_AUTO_PRE_TRANSACTION.
 */
import { isRejection, reasons, reject } from '../../contract/codes.ts';
import { plus } from '../../contract/money.ts';
import type { RequestOf } from '../../contract/services.ts';
import { accountOf, numberOf } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Reads } from '../decision.ts';
import type { Operation } from '../operation.ts';
import { type HoldRow, remainder } from '../rows.ts';
import { decided, success, together } from './answers.ts';
import { authorisationUsed, checkAuthorised } from './authorisations.ts';
import { because } from './checks.ts';
import {
  checkPreTransaction,
  type PreTransactionRequest,
  placeHold,
  preTransactionKinds,
  preTransactionReads,
} from './pre-transaction.ts';

type Request = RequestOf<'FREEZE_PRE_TRANSACTION'>;

export const freezePreTransaction: Operation<'FREEZE_PRE_TRANSACTION'> = {
  kept: (act) => act,

  reads({ act: { request } }) {
    const named: Reads = { holds: [request.originalFreezeRequestNo, request.requestNo] };
    const { platformUserNo } = request;
    return platformUserNo === undefined ? named : both(named, preTransactionReads({ ...request, platformUserNo }));
  },

  follow({ act: { request } }, book) {
    const asked = asPreTransaction(request, book);
    return asked === undefined ? {} : preTransactionReads(asked);
  },

  decide({ act: { request }, receivedAt }, book) {
    const freeze = freezeOf(request, book);
    const asked = asPreTransaction(request, book);
    if (asked === undefined) return reject('100008', because.freezeUnknown);
    const { authorisations } = preTransactionKinds[asked.bizType];
    const checked = checkPreTransaction(
      asked,
      book,
      (user) => checkAuthorised(book, user, authorisations, asked.amount, receivedAt),
      () => true,
    );
    if (isRejection(checked)) return checked;
    if (freeze === undefined) return reject('100008', because.freezeUnknown);
    if (freeze.account !== accountOf(asked.platformUserNo)) return reject('100008', because.freezeOfAnother);
    if (asked.amount > remainder(freeze)) return reject('100008', reasons.freezeRemainderShort);
    const after: HoldRow = { ...freeze, released: plus(freeze.released, asked.amount), updatedAt: receivedAt };
    return decided({
      answer: success(),
      changes: together(
        { holds: [after] },
        together(placeHold(asked, checked, receivedAt), authorisationUsed(book, checked.user, asked.amount)),
      ),
    });
  },
};

function freezeOf(request: Request, book: Book): HoldRow | undefined {
  const hold = book.holds.get(request.originalFreezeRequestNo);
  return hold?.kind === 'GENERAL' ? hold : undefined;
}

/** With the user whom it is about: the one that it names, else the freeze's owner. */
function asPreTransaction(request: Request, book: Book): PreTransactionRequest | undefined {
  const freeze = freezeOf(request, book);
  const platformUserNo = request.platformUserNo ?? (freeze === undefined ? undefined : numberOf(freeze.account));
  return platformUserNo === undefined ? undefined : { ...request, platformUserNo };
}

const both = (one: Reads, other: Reads): Reads => ({
  ...other,
  holds: [...(one.holds ?? []), ...(other.holds ?? [])],
});
