/** The small things that every process stands on. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Allowance } from '../../runtime/bus/allowance.ts';
import { Unavailable } from '../../runtime/failure.ts';
import { orderId, uuidv7 } from '../../runtime/identifiers.ts';
import { inReverse, startAll } from '../../runtime/lifecycle.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { openRedis } from '../../runtime/redis.ts';
import { traceIdOf, traceparent } from '../../runtime/trace.ts';
import { describeOnRedis, freshPrefix, redisUrl, waitFor } from '../servers.ts';

describe('identifiers', () => {
  test('order numbers are 24 of [0-9A-Z], differ, and sort by their time', () => {
    const now = Date.UTC(2026, 10, 24);
    const ids = Array.from({ length: 2_000 }, (_, index) => orderId(now + index));
    for (const id of ids) expect(id).toMatch(/^[0-9A-Z]{24}$/);
    expect(new Set(Array.from({ length: 2_000 }, () => orderId(now))).size).toBe(2_000);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('message ids are UUIDs of version 7', () => {
    expect(uuidv7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('a trace', () => {
  test('goes on from a valid parent, and starts anew from anything else', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const child = traceparent(parent);
    expect(traceIdOf(child)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(child.endsWith('-00')).toBe(true);
    expect(child).not.toBe(parent);
    for (const bad of [undefined, '', '00-x', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `${parent}\r\nX: y`])
      expect(traceIdOf(traceparent(bad))).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIdOf('nonsense')).toBeUndefined();
  });
});

describe('stopping', () => {
  test('goes backwards, once, tries everything, and tells the first failure', async () => {
    const order: string[] = [];
    const stop = inReverse([
      async () => void order.push('first'),
      async () => {
        order.push('second');
        throw new RangeError('second');
      },
      async () => void order.push('third'),
    ]);
    await expect(stop()).rejects.toThrow(RangeError);
    await expect(stop()).rejects.toThrow(RangeError);
    expect(order).toEqual(['third', 'second', 'first']);
  });

  test('when one of several does not start, those that did are stopped', async () => {
    const order: string[] = [];
    const starting = startAll([
      async () => async () => void order.push('stopped'),
      async () => {
        throw new RangeError('does not start');
      },
    ]);
    await expect(starting).rejects.toThrow(RangeError);
    expect(order).toEqual(['stopped']);
  });
});

describe('a program', () => {
  const run = (what: string) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main-child.mjs'), what]);
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
    });
    const code = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, code, said: () => said };
  };

  test('drains on SIGTERM and ends with 0', async () => {
    const { child, code, said } = run('serve');
    await waitFor(() => said().includes('started'));
    child.kill('SIGTERM');
    expect(await code).toBe(0);
    expect(said()).toContain('drained');
  });

  test('ends with 1 and says why when a promise is rejected and nobody cares', async () => {
    const { code, said } = run('reject');
    expect(await code).toBe(1);
    expect(said()).toContain('nobody cares');
  });

  test('ends with 1 and says why when it cannot start', async () => {
    const { code, said } = run('fail');
    expect(await code).toBe(1);
    expect(said()).toContain('cannot start');
  });
});

describe('the allowance', () => {
  test('admits up to its bound, makes others wait in order, and lets go of them at their deadline', async () => {
    const allowance = new Allowance(2, 100);
    expect(allowance.takeNow(60)).toBe(true);
    expect(allowance.takeNow(60)).toBe(false);
    const soon = performance.now() + 60_000;
    const admitted: string[] = [];
    void allowance.take(90, performance.now() + 30).then((fits) => admitted.push(`large ${fits}`));
    void allowance.take(10, soon).then((fits) => admitted.push(`small ${fits}`));
    await waitFor(() => admitted.length === 2);
    expect(admitted).toEqual(['large false', 'small true']);
    allowance.give(60);
    allowance.give(10);
    expect(allowance.takeNow(5_000)).toBe(true);
    expect(allowance.takeNow(1)).toBe(false);
  });
});

describe('metrics', () => {
  test('are made once by name and printed for Prometheus', async () => {
    const metrics = openMetrics({ ofProcess: false });
    metrics.counter('things_total', 'things', ['kind']).inc({ kind: 'a' });
    metrics.counter('things_total', 'things', ['kind']).inc({ kind: 'a' });
    expect(await metrics.print()).toContain('qianzhi_things_total{kind="a"} 2');
  });
});

describeOnRedis('Redis', () => {
  test('keeps and forgets', async () => {
    const cache = openRedis({ url: redisUrl(), prefix: freshPrefix() });
    await waitFor(() => cache.unwell() === undefined);
    expect(await cache.get('a')).toBeUndefined();
    await cache.set('a', 'é', 60_000);
    expect(await cache.get('a')).toBe('é');
    expect(await cache.setIfAbsent('a', 'y', 60_000)).toBe(false);
    expect(await cache.setIfAbsent('b', 'y', 60)).toBe(true);
    await cache.delete('a');
    expect(await cache.get('a')).toBeUndefined();
    await waitFor(async () => (await cache.get('b')) === undefined);
    await cache.close();
    await expect(cache.get('a')).rejects.toThrow(Unavailable);
  });

  test('that is away fails at once, and says so', async () => {
    const cache = openRedis({ url: 'redis://127.0.0.1:1' });
    const began = performance.now();
    await expect(cache.get('a')).rejects.toThrow(Unavailable);
    expect(performance.now() - began).toBeLessThan(2_000);
    await waitFor(() => cache.unwell()?.includes('ECONNREFUSED'));
    await sleep(1);
    await cache.close();
  });
});
