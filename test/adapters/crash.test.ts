/**
 * The adapters die between any two steps, and each order is still one payment, told once, and settled as the company's own books say. Real
 * processes, really killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { OrderKind } from '../../contract/internal/order.ts';
import { fen } from '../../contract/money.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases, freePort, waitFor } from '../servers.ts';
import type { Director } from './conformance.ts';
import { directorOf } from './payment-company-director.ts';
import { makeWorld, type World } from './world.ts';

const HOST = fileURLToPath(new URL('./host.mjs', import.meta.url));
/** A dead process's lease must end before another takes its order up. */
const TAKEN_UP_MS = 30_000;

describeOnDatabases('adapters that are killed', (server) => {
  let world: World;
  let director: Director;
  const processes: ChildProcess[] = [];
  const words = new Map<ChildProcess, string>();

  const start = async (fault = '', port = world.settings.port): Promise<ChildProcess> => {
    const settings = { ...world.settings, port };
    const child = spawn(process.execPath, [HOST, JSON.stringify({ settings, databaseUrl: world.databaseUrl })], {
      env: { ...process.env, QIANZHI_FAULT: fault },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    processes.push(child);
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString('utf8');
      words.set(child, said.slice(-2_000));
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    await waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(said);
        return said.includes('ready\n');
      },
      { deadlineMs: 20_000, what: 'the adapters to start' },
    );
    return child;
  };
  const died = async (child: ChildProcess): Promise<void> => {
    await waitFor(() => child.signalCode !== null, { what: 'the armed point to be reached' });
    expect(child.signalCode).toBe('SIGKILL');
  };

  beforeAll(async () => {
    world = await makeWorld(server);
    director = directorOf(world.company);
  });
  afterEach(async () => {
    for (const child of processes.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  afterAll(() => world?.stop());

  const points: readonly (readonly [point: string, kind: OrderKind, between: string])[] = [
    ['adapters.order.committed', 'payout', 'between the order’s commit and its acknowledgement'],
    ['adapters.send.before', 'payout', 'between the commit of the attempt and the call'],
    ['adapters.send.after', 'payout', 'between the channel’s answer and its record'],
    ['adapters.send.after', 'collect', 'between what is to be shown and its record'],
    ['adapters.send.after', 'verify', 'between the answer to a check and its record'],
    ['adapters.callback.committed', 'payout', 'between the callback’s commit and its answer'],
  ];

  test.each(points)('%s, %s: killed %s, the order is one payment and one outcome', async (point, kind) => {
    const platformNo = `P${point.replaceAll('.', '')}${kind}`;
    const first = await start(`${point}=kill`);
    const id = await world.order({ kind, platformNo });
    await died(first);
    await start();
    if (kind === 'collect') {
      await waitFor(() => world.presented(id), { deadlineMs: TAKEN_UP_MS });
      await director.pay(id);
    }
    await waitFor(() => world.outcomes(id).length > 0, { deadlineMs: TAKEN_UP_MS, what: 'the outcome' });
    await waitFor(() => director.quiet(), { what: 'all callbacks to be taken' });
    expect(world.outcomes(id).map(({ outcome }) => outcome.state)).toEqual(['settled']);
    expect(await director.done(platformNo)).toBe(1);
    if (kind === 'verify') return;
    const clearingDay = await director.day();
    await director.closeDay();
    const [lot] = await waitFor(() => (world.lots(platformNo).length > 0 ? world.lots(platformNo) : undefined));
    const figures = await director.figures(platformNo, clearingDay);
    expect(lot?.act).toEqual({ service: 'LOT_SETTLED', channel: 'PAYSIM', clearingDay, ...figures });
    expect(await world.differences(id)).toEqual([]);
  });

  test('several instances share the work, and each order is sent once', async () => {
    const instances = [await start(), await start('', await freePort())];
    const platformNo = 'PSHARED';
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        world.order({ kind: 'payout', platformNo, amount: fen(BigInt(index + 1)) }),
      ),
    );
    for (const id of ids) await world.until(id, 'settled');
    const sends = await world.database.row<{ most: bigint; count: bigint }>(sql`
      select max(sends) as most, count(*) as count from (
        select count(*) as sends from adapters.attempt where act = 'send' and order_id = any (${ids}::text[]) group by order_id
      ) as each`);
    expect(sends).toEqual({ most: 1n, count: 30n });
    expect(await director.done(platformNo)).toBe(30);
    for (const child of instances) child.kill('SIGTERM');
    // A drain may take as long as a call to a company that does not answer; what it waited for is said when it takes longer.
    for (const child of instances) {
      await waitFor(() => child.exitCode !== null, { deadlineMs: 25_000, what: 'the instance to drain' }).catch(
        (cause) => {
          throw new Error(`it did not drain: ${words.get(child)}`, { cause });
        },
      );
    }
    expect(instances.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });
});
