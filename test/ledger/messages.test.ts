/** What the ledger takes off the bus: a number as long as the protocol allows, with what is added to it, is one. */
import { expect, test } from 'vitest';
import { isRejection } from '../../contract/codes.ts';
import { parseReqData, parseRequest } from '../../contract/parse-request.ts';
import { partitionOf } from '../../contract/topology.ts';
import { readInstruction } from '../../ledger/messages.ts';
import { Sender } from './scenarios/messages.ts';

test('the approval of a page whose number has 50 characters of two code units each is read', () => {
  const requestNo = '𠮷'.repeat(50);
  const reqData = parseReqData(
    JSON.stringify({ timestamp: '20260101000000', requestNo, projectNo: 'P', status: 'FINISH' }),
  );
  if (isRejection(reqData)) throw new Error(reqData.errorMessage);
  expect(parseRequest('MODIFY_PROJECT', reqData)).toMatchObject({ requestNo });
  const act = { service: 'PAGE_EXPIRED', requestNo, reason: 'CANCELLED' } as const;
  const message = new Sender('P0001', Date.UTC(2026, 0, 1)).message('PAGE', `${requestNo}:approved`, act);
  const delivered = {
    family: 'instruction',
    platformNo: 'P0001',
    messageId: message.messageId,
    body: JSON.stringify(message),
  } as const;
  const read = readInstruction({ ...delivered, redelivered: false } as never, partitionOf('P0001'), () => true);
  expect(read.instruction.number).toBe(`${requestNo}:approved`);
});
