/** The grounds that the bus's suite runs on: each kind of bus on a real server, where tests do not meet each other. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'amqplib';
import { lines as allLines } from '../../runtime/bus/lines.ts';
import type { Bus } from '../../runtime/bus/port.ts';
import { openPostgresBus } from '../../runtime/bus/postgres/bus.ts';
import { openRabbitBus } from '../../runtime/bus/rabbitmq/bus.ts';
import { openLog } from '../../runtime/log.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { packageRoot } from '../../runtime/postgres/folder.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { identifier, once, sql } from '../../runtime/postgres/sql.ts';
import { freshDatabase, freshPrefix, waitFor } from '../servers.ts';

export interface Ground {
  /** What leads to the server: give it to a proxy, and the proxy's URL to `open`. */
  readonly url: string;
  open(options?: { url?: string; longest?: number }): Promise<Bus>;
  /** Makes the queue of a line vanish. */
  removeLine(line: string): Promise<void>;
  /** Brings it back, where the bus does not do that by itself. */
  restoreLine(line: string): Promise<void>;
  /** What a child process needs to open the same bus. */
  readonly forChild: Readonly<Record<string, string>>;
  /** Removes what the tests left on the server. */
  clear(): Promise<void>;
}

export const quiet = openLog({ name: 'test', level: (process.env['QIANZHI_TEST_LOG'] ?? 'silent') as 'silent' });

/** A fresh database with the bus's schema. */
export async function postgresGround(adminUrl: string): Promise<Ground> {
  const fresh = await freshDatabase(adminUrl);
  await migrate({ url: fresh.url, room: 'bus' });
  const tableOf = (line: string): string => line.replaceAll('.', '_');
  const alter = async (from: string, to: string): Promise<void> => {
    const owner = openDatabase({ url: fresh.url });
    try {
      await owner.execute(once(sql`alter table ${identifier(`bus.${from}`)} rename to ${identifier(to)}`));
    } finally {
      await owner.close();
    }
  };
  return {
    url: fresh.url,
    open: ({ url = fresh.url, longest } = {}) =>
      openPostgresBus({
        database: { url },
        log: quiet,
        name: 'test',
        ...(longest === undefined ? {} : { longest }),
      }),
    removeLine: (line) => alter(tableOf(line), `${tableOf(line)}_gone`),
    restoreLine: (line) => alter(`${tableOf(line)}_gone`, tableOf(line)),
    forChild: { kind: 'postgres', url: fresh.url },
    clear: () => fresh.drop(),
  };
}

/** A broker under a prefix of our own. */
export async function rabbitGround(url: string): Promise<Ground> {
  const prefix = freshPrefix();
  const withChannel = async (act: (remove: (queue: string) => Promise<unknown>) => Promise<void>): Promise<void> => {
    const model = await connect(url, { noDelay: true });
    const channel = await model.createChannel();
    await act((queue) => channel.deleteQueue(queue));
    await model.close();
  };
  return {
    url,
    open: ({ url: through = url, longest } = {}) =>
      openRabbitBus({
        url: through,
        prefix,
        log: quiet,
        name: 'test',
        ...(longest === undefined ? {} : { longest }),
      }),
    removeLine: (line) => withChannel(async (remove) => void (await remove(prefix + line))),
    restoreLine: async () => undefined,
    forChild: { kind: 'rabbitmq', url, prefix },
    clear: () =>
      withChannel(async (remove) => {
        for (const { name } of allLines) await remove(prefix + name);
        await remove(`${prefix}ledger.query`);
      }),
  };
}

/** A consumer in a process of its own, to be stopped and killed. */
export interface ChildConsumer {
  readonly pid: number;
  /** What it said, one word a line: `owning`, `handling <id>`, `handled <id>`. */
  readonly said: readonly string[];
  tell(line: string): void;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  ended(): Promise<void>;
}

const children = new Set<ChildConsumer>();

/** Kills what tests left running. */
export async function endChildren(): Promise<void> {
  for (const child of children) {
    child.signal('SIGKILL');
    await child.ended();
  }
}

/** Starts a consumer of one partition of the instructions; it hangs in each batch until it is told `go`. */
export async function startChild(ground: Ground, partition: number): Promise<ChildConsumer> {
  const program = join(import.meta.dirname, 'bus-child.mjs');
  if (!existsSync(join(packageRoot(), 'dist', 'runtime', 'bus', 'open.js')))
    throw new Error('the child processes of this test run from dist/: run `npm run build` first');
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, BUS: JSON.stringify({ ...ground.forChild, partition }) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  if (child.pid === undefined) throw new Error('the child did not start');
  const consumer: ChildConsumer = {
    pid: child.pid,
    said,
    tell: (line) => child.stdin.write(`${line}\n`),
    signal: (name) => child.kill(name),
    ended: () => ended,
  };
  children.add(consumer);
  void ended.then(() => children.delete(consumer));
  await waitFor(() => said.includes('subscribed'), { what: 'the child to subscribe' });
  return consumer;
}
