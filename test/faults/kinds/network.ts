/** What networks do, between any two: each weather of the fault proxy on each kind of way. */
import type { FaultProxy } from '../levers/proxy.ts';
import type { Chance } from '../load/chance.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';

interface WeatherKind {
  readonly name: string;
  readonly holdMs: readonly [number, number];
  readonly begin: (proxies: readonly FaultProxy[], chance: Chance) => void;
}

const each =
  (act: (proxy: FaultProxy) => void): WeatherKind['begin'] =>
  (proxies) =>
    proxies.forEach(act);

const weathers: readonly WeatherKind[] = [
  { name: 'cut', holdMs: [0, 0], begin: each((proxy) => proxy.cut()) },
  { name: 'refused', holdMs: [300, 2_500], begin: each((proxy) => proxy.refuse()) },
  {
    name: 'lost',
    holdMs: [300, 7_000],
    begin: (proxies, chance) => {
      const direction = chance.pick(['requests', 'replies', 'both'] as const);
      for (const proxy of proxies) proxy.vanish(direction);
    },
  },
  {
    name: 'late',
    holdMs: [300, 7_000],
    begin: (proxies, chance) => {
      const direction = chance.pick(['requests', 'replies', 'both'] as const);
      for (const proxy of proxies) proxy.stall(direction);
    },
  },
  {
    name: 'slow',
    holdMs: [500, 3_000],
    begin: (proxies, chance) => {
      const ms = chance.between(100, 900);
      for (const proxy of proxies) proxy.latency(ms);
    },
  },
  {
    name: 'drip',
    holdMs: [500, 3_000],
    begin: (proxies, chance) => {
      const bytesPerSecond = chance.between(1_000, 20_000);
      for (const proxy of proxies) proxy.drip(bytesPerSecond);
    },
  },
  {
    name: 'reply-lost',
    holdMs: [300, 1_500],
    begin: each((proxy) => proxy.cutBeforeReply()),
  },
];

/** Both ends, as `World.ways` takes them; one process of a room, or all of it. */
const ends: readonly (readonly [from: string, to: string])[] = [
  ['gateway', 'postgres'],
  ['ledger', 'postgres'],
  ['adapters', 'postgres'],
  ['gateway', 'rabbit'],
  ['ledger', 'rabbit'],
  ['adapters', 'rabbit'],
  ['gateway', 'redis'],
  ['adapters', 'company'],
  ['company', 'adapters'],
  ['gateway', 'endpoint'],
  ['platform', 'gateway'],
];

export function networkKinds(world: World): readonly Kind[] {
  return ends
    .filter(([from, to]) => world.ways(from, to).length > 0)
    .flatMap(([from, to]) =>
      weathers.map((weather) => ({
        name: `network.${from}-${to}.${weather.name}`,
        touches: [`${from}>${to}`, to],
        holdMs: weather.holdMs,
        arm: async ({ chance }) => {
          const all = world.ways(from, to);
          const chosen = chance.percent(50) ? all : [chance.pick(all)];
          weather.begin(chosen, chance);
          return async () => {
            for (const proxy of chosen) proxy.heal();
          };
        },
      })),
    );
}
