/** Bytes from the bus become instructions and questions once, here. What is none is `Malformed`, and parked at once. */
import { decode } from '../contract/internal/codec.ts';
import type { InstructionMessage, Origin } from '../contract/internal/instruction.ts';
import type { QueryMessage } from '../contract/internal/reply.ts';
import { partitionOf } from '../contract/topology.ts';
import type { Delivered } from '../runtime/bus/port.ts';
import { Malformed } from '../runtime/failure.ts';

/** An instruction as it was delivered. */
export interface Asked {
  readonly instruction: InstructionMessage;
  /** W3C traceparent, which travels on with what it causes. */
  readonly trace: string | undefined;
  /** The key of the work that it is, when the books gave it themselves. */
  readonly work?: bigint;
}

const origins: readonly Origin[] = ['PLATFORM', 'PAGE', 'ORDER', 'LOT', 'OPERATOR', 'DUE', 'WORK'];
const DIGEST = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** requestNo (50 characters, each of which may take two code units) or orderId, with what is added to it. */
const LONGEST_NUMBER = 120;

function decoded<T extends { readonly version: number }>(what: string, body: string): T {
  try {
    return decode<T>(body);
  } catch (cause) {
    throw new Malformed(`${what} is not what this build understands`, { cause });
  }
}

/**
 * Reads an instruction out of what the bus delivered to a partition.
 * @param known whether the books have an operation of this name.
 * @throws Malformed for anything that is none, or belongs to another partition.
 */
export function readInstruction(
  { body, platformNo, messageId, trace }: Delivered,
  partition: number,
  known: (service: string) => boolean,
): Asked {
  const instruction = decoded<InstructionMessage>(`message ${messageId}`, body);
  const { origin, number, digest, act, receivedAt } = instruction;
  const wrong = (what: string): Malformed => new Malformed(`message ${messageId}: ${what}`);
  if (instruction.platformNo !== platformNo) throw wrong('it is of another platform than its envelope says');
  if (partitionOf(platformNo) !== partition) throw wrong(`it belongs to partition ${partitionOf(platformNo)}`);
  if (!origins.includes(origin)) throw wrong('its origin is unknown');
  if (typeof number !== 'string' || number === '' || number.length > LONGEST_NUMBER) throw wrong('its number is none');
  if (typeof digest !== 'string' || !DIGEST.test(digest)) throw wrong('its digest is none');
  if (typeof instruction.messageId !== 'string' || !UUID.test(instruction.messageId)) throw wrong('its id is none');
  if (!Number.isSafeInteger(receivedAt)) throw wrong('its time is none');
  if (typeof act !== 'object' || act === null || !known(act.service)) throw wrong('its service is unknown');
  return { instruction, trace };
}

/** Reads a question. @throws Malformed for anything that is none. */
export function readQuestion(body: string): QueryMessage {
  const question = decoded<QueryMessage>('a question', body);
  if (typeof question.platformNo !== 'string' || typeof question.query?.service !== 'string')
    throw new Malformed('a question without platform or service');
  return question;
}
