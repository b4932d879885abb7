/** An operator's act: an instruction on the bus, answered by who carries it out. */

import type { Command } from 'commander';
import { sha256Hex } from '../certs/digest.ts';
import { decode, encode } from '../contract/internal/codec.ts';
import type { Act, InstructionMessage } from '../contract/internal/instruction.ts';
import type { Answer, ReplyMessage } from '../contract/internal/reply.ts';
import type { Bus } from '../runtime/bus/port.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import { databaseOf, equip, homeOf, settingsOf } from './installation.ts';
import { Mistake } from './mistake.ts';

const PUBLISH_MS = 10_000;
const ANSWER_MS = 30_000;

/** Sends the act and waits until it is done. Throws `Mistake` when it is refused, or when nobody answers. */
export async function act(bus: Bus, platformNo: string, act: Act): Promise<Answer> {
  const messageId = uuidv7();
  const message: InstructionMessage = {
    version: 1,
    messageId,
    platformNo,
    origin: 'OPERATOR',
    number: messageId,
    digest: sha256Hex(encode(act)),
    receivedAt: Date.now(),
    act,
    replyTo: { address: bus.address, correlationId: messageId },
  };
  const answered = new Promise<Answer | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), PUBLISH_MS + ANSWER_MS);
    bus.onReply(({ correlationId, body }) => {
      if (correlationId !== messageId) return;
      clearTimeout(timer);
      resolve(decode<ReplyMessage>(body).answer);
    });
  });
  const [publication] = await bus.publish(
    [{ family: 'instruction', platformNo, messageId, body: encode(message) }],
    PUBLISH_MS,
  );
  if (publication !== 'accepted')
    throw new Mistake(`the bus did not take the act (${publication}): is it running? Nothing was promised; try again`);
  const answer = await answered;
  if (answer === undefined)
    throw new Mistake(
      'nobody answered: are the ledger and the gateway running (`qianzhi start`)? The act is kept and will be done when they are',
    );
  if (answer.status !== 'SUCCESS') throw new Mistake(`refused: ${answer.errorCode} ${answer.errorMessage}`);
  return answer;
}

/** Sends an act by the bus of the installation that a command names. Throws as `act` does. */
export async function operate(command: Command, platformNo: string, what: Act): Promise<Answer> {
  const paths = homeOf(command);
  const config = settingsOf(paths);
  const equipment = await equip('qianzhi', config, await databaseOf(config, paths));
  try {
    return await act(equipment.bus, platformNo, what);
  } finally {
    await equipment.bus.close();
  }
}
