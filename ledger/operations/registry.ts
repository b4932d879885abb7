/**
 * An operator's act that the gateway's registry must know: recorded in the books, told by a result that carries who waits for it, so that
 * the operator hears of it only once the gateway has it.
 */
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import type { Changes, Decision } from '../decision.ts';
import { decided, success } from './answers.ts';

export function registered(
  { act, number, platformNo, receivedAt, replyTo }: InstructionMessage,
  registry: NonNullable<ResultMessage['registry']>,
  changes: Changes = {},
): Decision {
  const answer = success();
  const result: ResultMessage = {
    version: 1,
    event: `${number}:SUCCESS`,
    platformNo,
    requestNo: number,
    serviceName: act.service,
    occurredAt: receivedAt,
    ended: true,
    notify: false,
    answer,
    registry,
    ...(replyTo === undefined ? {} : { replyTo }),
  };
  return decided({ answer, changes, results: [result] });
}
