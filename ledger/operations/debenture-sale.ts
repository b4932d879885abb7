/** DEBENTURE_SALE 单笔债权出让: a creditor puts a part of his share on sale. Nobody offers more than he holds and has not on sale already. */
import { isRejection, reject } from '../../contract/codes.ts';
import { plus, ZERO } from '../../contract/money.ts';
import { shareKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because, usableUser } from './checks.ts';
import { claimOf } from './trade/compensation.ts';

export const debentureSale: Operation<'DEBENTURE_SALE'> = {
  kept: (act) => act,

  reads: ({ act: { request } }) => ({
    users: [request.platformUserNo],
    projects: [request.projectNo],
    shares: [[request.projectNo, request.platformUserNo]],
    claims: [[request.projectNo, request.platformUserNo]],
    sales: [request.requestNo],
  }),

  decide({ act: { request }, receivedAt }, book) {
    const { requestNo, platformUserNo, projectNo, saleShare } = request;
    const seller = usableUser(book, platformUserNo);
    if (isRejection(seller)) return seller;
    if (seller.userRole !== 'INVESTOR') return reject('100011');
    const project = book.projects.get(projectNo);
    if (project !== undefined && project.status !== 'REPAYING') return reject('100015');
    if (project === undefined) return reject('100008', because.projectUnknown);
    const held = book.shares.get(shareKey(projectNo, platformUserNo))?.amount ?? ZERO;
    const claim = claimOf(book, projectNo, platformUserNo);
    if (saleShare > held - claim.onSale) return reject('100008', because.shareNotFree);
    return decided({
      answer: success(),
      changes: {
        sales: [
          {
            requestNo,
            projectNo,
            platformUserNo,
            saleShare,
            preSalingShare: ZERO,
            confirmedShare: ZERO,
            status: 'ONSALE',
            createdAt: receivedAt,
          },
        ],
        claims: [{ ...claim, onSale: plus(claim.onSale, saleShare) }],
      },
    });
  },
};
