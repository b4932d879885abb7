/** `qianzhi start`: runs the rooms, all in one process or some of them, until it is told to stop; then drains. */
import type { Command } from 'commander';
import { startAdapters } from '../../adapters/main.ts';
import { ALGORITHMS } from '../../certs/algorithms.ts';
import { selfTest } from '../../certs/self-test.ts';
import { startGateway } from '../../gateway/main.ts';
import { startLedger } from '../../ledger/main.ts';
import { type Clock, openSharedClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { startEmbeddedPostgres } from '../../runtime/embedded/postgres.ts';
import { runningEmbeddedPostgres } from '../../runtime/embedded/running.ts';
import { Defect } from '../../runtime/failure.ts';
import { inReverse, runMain, type Stop } from '../../runtime/lifecycle.ts';
import { type Log, openLog } from '../../runtime/log.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { rooms as schemas } from '../../runtime/postgres/folder.ts';
import { migrate, schemaVersion } from '../../runtime/postgres/migrate.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { openRedis } from '../../runtime/redis.ts';
import { type DatabaseUrls, databaseOf, equip, homeOf, type Paths, settingsOf } from '../installation.ts';
import { Mistake } from '../mistake.ts';

const ROOMS = ['ledger', 'adapters', 'gateway'] as const;
type RoomName = (typeof ROOMS)[number];

export function addStartCommand(program: Command): void {
  program
    .command('start [rooms...]')
    .description(
      `run rooms until SIGTERM or Ctrl-C: all (default), or some of postgres (embedded), ${ROOMS.join(', ')}`,
    )
    .option('--json', 'print one JSON line when ready')
    .action(async (names: readonly string[], options: { json?: boolean }, command: Command) => {
      const paths = homeOf(command);
      const config = settingsOf(paths);
      const chosen = chosenRooms(names);
      const log = openLog({ name: 'qianzhi', level: config.logLevel, destination: process.stderr });
      await runMain(log, async () => {
        const stop = await startAll(chosen, config, paths);
        const mode = config.embedded ? 'embedded' : 'servers';
        const ready = { ready: true, rooms: chosen, gateway: config.gateway?.publicUrl, mode };
        process.stdout.write(options.json ? `${JSON.stringify(ready)}\n` : readyText(chosen, config));
        return stop;
      });
    });
}

function readyText(chosen: readonly string[], config: Config): string {
  const mode = config.embedded ? ' (embedded: single-node, for trying and tests)' : '';
  return `Running ${chosen.join(', ')}${mode}. Platforms reach ${config.gateway?.publicUrl ?? 'no gateway'}. Ctrl-C stops.\n`;
}

function chosenRooms(names: readonly string[]): readonly string[] {
  const known: readonly string[] = ['all', 'postgres', ...ROOMS];
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Mistake(`there is no room ${stranger}: choose from ${known.join(', ')}`);
  return names.length === 0 || names.includes('all') ? ['postgres', ...ROOMS] : names;
}

/** Starts what was chosen, one after the other; what had started is stopped again when a later one cannot. */
async function startAll(chosen: readonly string[], config: Config, paths: Paths): Promise<Stop> {
  const stops: Stop[] = [stayAlive()];
  const stop = inReverse(stops);
  try {
    await selfTest(ALGORITHMS);
    if (config.embedded && chosen.includes('postgres')) await startEmbedded(paths, stops);
    const hosted = ROOMS.filter((room) => chosen.includes(room));
    if (hosted.length > 0) await startRooms(hosted, config, paths, stops);
    return stop;
  } catch (error) {
    process.stderr.write(`qianzhi: ${error instanceof Error ? error.message : String(error)}\n`);
    await stop().catch(() => undefined);
    throw error;
  }
}

/** Signals alone keep no process alive; one that runs nothing but PostgreSQL has nothing else to wait for. */
function stayAlive(): Stop {
  const timer = setInterval(() => undefined, 60_000);
  return async () => clearInterval(timer);
}

async function startRooms(hosted: readonly RoomName[], config: Config, paths: Paths, stops: Stop[]): Promise<void> {
  const database = await databaseOf(config, paths);
  await refuseOldSchema(database, paths);
  const equipment = await equip(hosted.join('+'), config, database);
  stops.push(() => equipment.bus.close());
  const { bus, log, metrics } = equipment;
  const clock = await openClock(database, log, stops);
  const redis = config.redis === undefined ? undefined : openRedis(config.redis);
  if (redis !== undefined) stops.push(() => redis.close());
  const parts = {
    databaseUrl: database.url,
    bus,
    log,
    metrics,
    clock,
    ...(redis === undefined ? {} : { redis }),
  };
  for (const room of hosted) stops.push(await startRoom(room, config, parts));
}

/** The database's time, which all processes of the installation share; it stops after those who read it. */
async function openClock({ url }: DatabaseUrls, log: Log, stops: Stop[]): Promise<Clock> {
  const database = openDatabase({ url, max: 1, applicationName: 'qianzhi clock', statementTimeoutMs: 2_000 });
  stops.push(() => database.close());
  const ask = async (): Promise<number> => {
    const row = await database.row<{ ms: number }>(
      sql`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
    );
    if (row === undefined) throw new Defect('the database does not know the time');
    return row.ms;
  };
  const clock = await openSharedClock({ ask, log });
  stops.push(clock.stop);
  return clock;
}

type Parts = Parameters<typeof startGateway>[1] &
  Parameters<typeof startLedger>[1] &
  Parameters<typeof startAdapters>[1];

function startRoom(room: RoomName, config: Config, parts: Parts): Promise<Stop> {
  switch (room) {
    case 'ledger':
      return startLedger(config.ledger, parts);
    case 'adapters':
      if (config.adapters === undefined) throw new Mistake('the settings have no part "adapters"');
      return startAdapters(config.adapters, parts);
    case 'gateway':
      if (config.gateway === undefined) throw new Mistake('the settings have no part "gateway"');
      return startGateway(config.gateway, parts);
  }
}

/** One that another process of this installation already runs is used as it is. */
async function startEmbedded(paths: Paths, stops: Stop[]): Promise<void> {
  if ((await runningEmbeddedPostgres(paths.embeddedPostgres)) === undefined) {
    const log = (line: string): void => void process.stderr.write(`${line}\n`);
    const postgres = await startEmbeddedPostgres({ home: paths.embeddedPostgres, log });
    stops.push(() => postgres.stop());
    for (const room of schemas) await migrate({ url: postgres.url, room, log });
  }
}

async function refuseOldSchema({ url }: DatabaseUrls, paths: Paths): Promise<void> {
  const database = openDatabase({ url, max: 1, applicationName: 'qianzhi start' });
  try {
    for (const room of schemas) {
      const { pending } = await schemaVersion(database, room);
      if (pending.length > 0)
        throw new Mistake(`the schema ${room} is not up to date: run \`qianzhi migrate --home ${paths.home}\``);
    }
  } finally {
    await database.close();
  }
}
