/** QUERY_AUTHORIZATION_ENTRUST_PAY 委托支付授权查询: what became of an authorisation, by its requestNo. */
import { reject } from '../../contract/codes.ts';
import { instructionKey } from '../book.ts';
import { fieldsOf, success } from '../operations/answers.ts';
import type { Query } from './query.ts';
import { errorOf, statusOf, time } from './record.ts';

export const queryAuthorizationEntrustPay: Query<'QUERY_AUTHORIZATION_ENTRUST_PAY'> = {
  reads: ({ requestNo }) => ({ instructions: [requestNo] }),

  answer({ requestNo }, book) {
    const row = book.instructions.get(instructionKey('PLATFORM', requestNo));
    if (row?.act?.service !== 'AUTHORIZATION_ENTRUST_PAY') return reject('100007');
    const { request } = row.act;
    return success(
      fieldsOf({
        borrowPlatformUserNo: request.platformUserNo,
        projectNo: request.projectNo,
        checkType: request.checkType,
        entrustedType: request.entrustedType,
        entrustedPlatformUserNo: request.entrustedPlatformUserNo,
        authorizeStatus: statusOf(row),
        createTime: time(row.receivedAt),
        transactionTime: time(row.endedAt),
        ...errorOf(row),
      }),
    );
  },
};
