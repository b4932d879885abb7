/**
 * A ledger's shell on a real database, for tests: migrated, taken over, with what it answers and stages kept to be looked at. It works under
 * the application's role; `owner` is the superuser, who may plant errors.
 */
import { decode, encode } from '../../contract/internal/codec.ts';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { OrderMessage } from '../../contract/internal/order.ts';
import type { Answer, ReplyMessage, ResultMessage } from '../../contract/internal/reply.ts';
import { partitionOf } from '../../contract/topology.ts';
import { openShell, type Shell } from '../../ledger/handle.ts';
import { writerOptions } from '../../ledger/main.ts';
import { rules } from '../../ledger/rules.ts';
import type { Rules } from '../../ledger/turn.ts';
import type { Delivered } from '../../runtime/bus/port.ts';
import { type Database, openDatabase } from '../../runtime/postgres/database.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { type FreshDatabase, freshDatabase, type TestServer } from '../servers.ts';

export const delivered = (message: InstructionMessage): Delivered => ({
  family: 'instruction',
  platformNo: message.platformNo,
  messageId: message.messageId,
  body: encode(message),
  redelivered: false,
});

export interface Workbench {
  readonly url: string;
  /** Under the application's role. */
  readonly database: Database;
  readonly owner: Database;
  readonly shell: Shell;
  /** Answers by correlation id; the last one given. */
  readonly answers: Map<string, Answer>;
  /** Order ids count from 1 again, as on a new model. */
  restartOrders(): void;
  /** Another writer of the same partition. */
  another(): Promise<Shell>;
  /** Hands a batch to the shell, asking for an answer to each; answers them in order. */
  submit(batch: readonly InstructionMessage[], shell?: Shell): Promise<readonly (Answer | undefined)[]>;
  /** All that was staged, in order. */
  staged(): Promise<
    readonly ({ family: 'result'; message: ResultMessage } | { family: 'order'; message: OrderMessage })[]
  >;
  close(): Promise<void>;
}

/** @param platformNo decides the partition that the shell takes. */
export async function openWorkbench(
  server: TestServer,
  platformNo: string,
  options: { rules?: Rules } = {},
): Promise<Workbench> {
  const fresh: FreshDatabase = await freshDatabase(server.url);
  await migrate({ url: fresh.url, room: 'ledger' });
  const database = openDatabase(writerOptions(fresh.url, undefined, 4));
  const owner = openDatabase({ url: fresh.url, max: 2 });
  const answers = new Map<string, Answer>();
  let orders = 0;
  const opened: Shell[] = [];
  const open = async (): Promise<Shell> => {
    const shell = openShell({
      database,
      partition: partitionOf(platformNo),
      rules: options.rules ?? rules,
      facts: {
        newOrderId: () => {
          orders += 1;
          return `ORDER${String(orders).padStart(19, '0')}`;
        },
      },
      reply: (_, replies) => {
        for (const { correlationId, body } of replies) answers.set(correlationId, decode<ReplyMessage>(body).answer);
      },
      nudge: () => undefined,
    });
    opened.push(shell);
    await shell.takeOver();
    return shell;
  };
  const shell = await open();
  return {
    url: fresh.url,
    database,
    owner,
    shell,
    answers,
    restartOrders: () => {
      orders = 0;
    },
    another: open,
    submit: async (batch, by = shell) => {
      const asked = batch.map((message, index) => ({
        ...message,
        replyTo: { address: 'bench', correlationId: `${message.messageId}:${index}` },
      }));
      for (const { replyTo } of asked) answers.delete(replyTo.correlationId);
      await by.handle(asked.map(delivered));
      return asked.map(({ replyTo }) => answers.get(replyTo.correlationId));
    },
    staged: async () => {
      const rows = await owner.rows<{ family: 'result' | 'order'; body: string }>(
        sql`select family, body from ledger.outbox order by id`,
      );
      return rows.map(({ family, body }) => ({ family, message: decode(body) }) as never);
    },
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await database.close();
      await owner.close();
      await fresh.drop();
    },
  };
}
