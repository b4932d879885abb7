/**
 * AUTHORIZATION_ENTRUST_PAY 委托支付授权: the borrower of an entrusted project names whom its loan is paid; a release then pays nobody else. Until
 * the loan is paid he may name another.
 */
import { isRejection, reject } from '../../contract/codes.ts';
import type { EntrustedType } from '../../contract/enumerations.ts';
import type { Operation } from '../operation.ts';
import type { UserRow } from '../rows.ts';
import { decided, success, told } from './answers.ts';
import { because, usableUser } from './checks.ts';

const typeOf: { readonly [T in UserRow['userType']]: EntrustedType } = {
  PERSONAL: 'PERSONAL',
  ORGANIZATION: 'ENTERPRISE',
};

export const authorizationEntrustPay: Operation<'AUTHORIZATION_ENTRUST_PAY'> = {
  kept: (act) => act,

  reads: ({ act: { request } }) => ({
    users: [request.platformUserNo, request.entrustedPlatformUserNo],
    projects: [request.projectNo],
    entrustments: [request.projectNo],
  }),

  decide({ act: { request }, receivedAt, platformNo }, book) {
    const { requestNo, platformUserNo, projectNo, entrustedType, entrustedPlatformUserNo } = request;
    const borrower = usableUser(book, platformUserNo);
    const entrusted = usableUser(book, entrustedPlatformUserNo);
    const refused = [borrower, entrusted].filter(isRejection).sort((a, b) => (a.errorCode < b.errorCode ? -1 : 1));
    if (refused[0] !== undefined) return refused[0];
    if (isRejection(borrower) || isRejection(entrusted) || borrower.userRole !== 'BORROWERS') return reject('100011');
    const project = book.projects.get(projectNo);
    // As long as loans are released.
    if (project !== undefined && project.status !== 'COLLECTING' && project.status !== 'REPAYING')
      return reject('100015');
    if (project !== undefined && project.filed['projectType'] !== 'FIDUCIARYPOWDER') return reject('100019');
    if (project === undefined) return reject('100008', because.projectUnknown);
    if (project.platformUserNo !== platformUserNo) return reject('100008', because.notBorrower);
    if (platformUserNo === entrustedPlatformUserNo) return reject('100008', because.selfDealing);
    if (typeOf[entrusted.userType] !== entrustedType) return reject('100008', because.entrustedTypeWrong);
    // Both are verified already, so nobody has to look at it.
    const answer = success({ authorizeStatus: 'SUCCESS' });
    return decided({
      answer,
      changes: {
        entrustments: [{ projectNo, requestNo, entrustedType, entrustedPlatformUserNo, createdAt: receivedAt }],
      },
      results: [
        told({ platformNo, requestNo, serviceName: 'AUTHORIZATION_ENTRUST_PAY' }, 'SUCCESS', receivedAt, answer),
      ],
    });
  },
};
