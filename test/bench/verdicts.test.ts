/** The benchmark's own verdicts: a soak that is not flat is called so, and a profile names what took the time. */
import { describe, expect, test } from 'vitest';
import { topOf } from '../../bench/profile.ts';
import { growthOf } from '../../bench/soak.ts';

const minutes = (gateway: (minute: number) => number, outbox: (minute: number) => number) =>
  Array.from({ length: 21 }, (_, minute) => ({
    minute,
    memory: { gateway: gateway(minute), postgresql: 100 + 50 * minute },
    waiting: { 'ledger outbox': outbox(minute), parked: 0 },
  }));

describe('a soak', () => {
  test('is flat when a heap breathes, grows to its working size at first, and something is always on its way', () => {
    const samples = minutes(
      (minute) => (minute < 4 ? 80 + minute * 20 : 160 + (minute % 3) * 10),
      () => 90,
    );
    expect(growthOf(samples, 50)).toEqual([]);
  });

  test('is not flat when memory grows minute by minute', () => {
    const samples = minutes(
      (minute) => 150 + minute * 8,
      () => 0,
    );
    expect(growthOf(samples, 50)).toEqual([expect.stringContaining('gateway from')]);
  });

  test('is not flat when more waits at its end than can be on its way, or anything was parked', () => {
    const samples = minutes(
      () => 150,
      (minute) => minute * 20,
    );
    expect(growthOf(samples, 50)).toEqual(['ledger outbox: 400 wait']);
    const parked = samples.map((sample) => ({ ...sample, waiting: { parked: 1 } }));
    expect(growthOf(parked, 50)).toEqual(['parked: 1 wait']);
  });
});

test('the heaviest functions come first, with their file, and waiting is no work', () => {
  const node = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, lineNumber: 9 },
  });
  const profile = {
    nodes: [
      node(1, '(idle)', ''),
      node(2, 'serve', 'file:///x/dist/gateway/http/counter.js'),
      node(3, 'query', 'file:///x/node_modules/pg/lib/client.js'),
    ],
    samples: [1, 2, 3, 3, 1],
    timeDeltas: [5_000, 100, 200, 100, 5_000],
  };
  expect(topOf(profile)).toEqual([' 75.0 %  query  pg/lib/client.js:10', ' 25.0 %  serve  gateway/http/counter.js:10']);
});
