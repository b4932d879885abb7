/**
 * Canaries through every queue, business undisturbed: what has no consumer, does not move, or takes nothing is told apart, with what to do. A
 * queue is looked at before the bus is opened, because opening it declares what is missing.
 */
import { canaryFor, canaryQuestion } from '../../runtime/bus/canary.ts';
import { inspectBus } from '../../runtime/bus/inspect.ts';
import type { LineState } from '../../runtime/bus/lines.ts';
import type { Bus, Publication } from '../../runtime/bus/port.ts';
import type { Config } from '../../runtime/config.ts';
import { uuidv7 } from '../../runtime/identifiers.ts';
import { type DatabaseUrls, equip } from '../installation.ts';
import type { Findings, Trouble } from './finding.ts';

const PUBLISH_MS = 5_000;
/** Where the server counts no consumer at all, there is little to wait for. */
const NOBODY_MS = 1_500;
const AGAIN_MS = 100;
const START_BUS = 'start the bus’s server, and see that bus.url and its password are right';

export async function examineLines(
  findings: Findings,
  config: Config,
  database: DatabaseUrls | undefined,
  canaryMs: number,
): Promise<void> {
  await findings.look(`bus on ${config.bus.kind}`, START_BUS, async () => {
    const states = await inspectBus({ bus: config.bus, ...(database === undefined ? {} : { database }) });
    const lost = states.filter(({ is }) => is !== 'there');
    // A table is made by migrations, not by opening the bus: nothing can be sent.
    if (config.bus.kind === 'postgres' && lost.length > 0) {
      return {
        trouble: `${lost.map(({ name }) => name).join(', ')}: no such table`,
        todo: 'restore the schema bus from a copy; the other rooms publish again what was not consumed',
      };
    }
    const { bus } = await equip('doctor', config, database ?? { url: '', ownerUrl: '' });
    try {
      const heard = new Set<string>();
      bus.onReply(({ correlationId }) => heard.add(correlationId));
      await examineEach(findings, bus, config, states, heard, canaryMs);
      await examineQuestions(findings, bus, heard, canaryMs);
      const unwell = bus.unwell();
      return unwell === undefined ? undefined : { trouble: unwell, todo: START_BUS };
    } finally {
      await bus.close();
    }
  });
}

async function until(condition: () => boolean, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function examineEach(
  findings: Findings,
  bus: Bus,
  config: Config,
  states: readonly LineState[],
  heard: ReadonlySet<string>,
  canaryMs: number,
): Promise<void> {
  const asked = states.map((state) => ({ state, id: uuidv7() }));
  const publications = await bus.publish(
    asked.map(({ state, id }) => canaryFor(state.line, bus.address, id)),
    PUBLISH_MS,
  );
  const answerable = asked.filter(
    ({ state }, index) => publications[index] === 'accepted' && (state.consumers > 0 || state.is !== 'there'),
  );
  await until(() => answerable.every(({ id }) => heard.has(id)), canaryMs);
  await until(() => asked.every(({ id }, index) => heard.has(id) || publications[index] !== 'accepted'), NOBODY_MS);
  asked.forEach(({ state, id }, index) => {
    const trouble = troubleOf(state, publications[index] ?? 'unknown', heard.has(id), config, canaryMs);
    findings.add(`queue ${state.name}`, trouble);
  });
}

/** The room that consumes a queue is the first part of its name. */
const consumerOf = ({ line }: LineState): string => line.queue.split('.')[0] ?? '';

function troubleOf(
  state: LineState,
  publication: Publication,
  answered: boolean,
  { bus }: Config,
  canaryMs: number,
): Trouble | undefined {
  const room = consumerOf(state);
  const { name, waiting, consumers } = state;
  if (publication === 'accepted' && answered) {
    return state.is === 'missing'
      ? {
          trouble: 'it was missing, and was declared again just now',
          todo: 'nothing: what was in it is published again by itself; find out who deleted it',
        }
      : undefined;
  }
  if (publication === 'full') {
    return {
      trouble: `it is full: ${waiting} messages wait`,
      todo: `start ${room}, or another one beside it; nothing is lost, senders are told to come again`,
    };
  }
  if (publication !== 'accepted') {
    return {
      trouble: `it is stuck: it neither takes a message nor refuses it (${publication})`,
      todo:
        bus.kind === 'rabbitmq'
          ? `a quorum queue that was declared just before its broker crashed never comes back by itself: delete it (\`rabbitmqctl ${vhostOption(bus.url)}delete_queue ${name}\`); running rooms declare it again at once, and what was in it is published again`
          : 'see what locks its table (pg_locks, pg_stat_activity) and end that session',
    };
  }
  if (consumers === 0) {
    return {
      trouble: `no consumer on ${name}: ${waiting} messages wait`,
      todo: `start the ${room} (\`qianzhi start ${room}\`)${room === 'ledger' ? ` with partition ${state.line.partition} among ledger.partitions` : ''}`,
    };
  }
  return {
    trouble: `its consumer did not come to our message within ${canaryMs} ms; ${waiting} messages wait`,
    todo: `the ${room}'s log says what it stands still for ("standing still") or works at; if it was killed a moment ago, run doctor again`,
  };
}

/** rabbitmqctl's option for a vhost that is not the default one. */
function vhostOption(url: string): string {
  const vhost = decodeURIComponent(new URL(url).pathname.slice(1));
  return vhost === '' || vhost === '/' ? '' : `--vhost ${vhost} `;
}

/** Questions and replies are transient: one may be lost, so it is asked more than once. */
async function examineQuestions(
  findings: Findings,
  bus: Bus,
  heard: ReadonlySet<string>,
  canaryMs: number,
): Promise<void> {
  const ids: string[] = [];
  const answered = (): boolean => ids.some((id) => heard.has(id));
  const deadline = performance.now() + canaryMs;
  while (!answered() && performance.now() < deadline) {
    const id = uuidv7();
    if (bus.ask('', canaryQuestion(bus.address, id))) ids.push(id);
    await until(answered, 10 * AGAIN_MS);
  }
  findings.add(
    'questions and replies',
    answered()
      ? undefined
      : {
          trouble: `no ledger answers questions within ${canaryMs} ms`,
          todo: 'start the ledger (`qianzhi start ledger`); queries of platforms are answered 100001 until then',
        },
  );
}
