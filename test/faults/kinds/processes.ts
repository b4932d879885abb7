/** Processes of the product: killed, frozen, deployed anew, and dying at the points in the code that are named for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Room, World } from '../world.ts';
import type { Kind } from './kind.ts';

/** Every point that a process may be told to die at (ARCHITECTURE.md), by the room that passes it. */
export const faultPoints: Readonly<Partial<Record<Room, readonly string[]>>> = {
  gateway: ['gateway.after-evidence-before-publish', 'gateway.after-publish', 'gateway.after-results-before-reply'],
  ledger: ['ledger.before-commit', 'ledger.after-commit-before-ack', 'ledger.outbox.after-publish'],
  adapters: [
    'adapters.order.committed',
    'adapters.send.before',
    'adapters.send.after',
    'adapters.ask.before',
    'adapters.ask.after',
    'adapters.callback.committed',
    'adapters.outbox.after-publish',
  ],
};

/** How long an armed process gets to come by its point once it is ready. */
const STRIKE_MS = 6_000;
const READY_MS = 60_000;

const freezesMs: Readonly<Record<Room, readonly [number, number]>> = {
  gateway: [500, 4_000],
  adapters: [500, 4_000],
  postgres: [500, 3_000],
  // Long enough, now and then, for the partition to be taken over, and for the stale owner to wake up.
  ledger: [500, 13_000],
};

export function processKinds(world: World): readonly Kind[] {
  const rooms = (['gateway', 'ledger', 'adapters', 'postgres'] as const).filter((room) => world.of(room).length > 0);
  return rooms.flatMap((room) => [kill(room, world), freeze(room, world), deploy(room, world), ...points(room, world)]);
}

/** kill -9, and a new process after a while; of two that stand by for each other now and then both. */
const kill = (room: Room, world: World): Kind => ({
  name: `${room}.kill`,
  touches: world.of(room),
  holdMs: [0, 1_500],
  arm: async ({ chance }) => {
    const names = world.of(room);
    const chosen = chance.percent(25) ? names : [chance.pick(names)];
    await Promise.all(chosen.map((name) => world.process(name).kill()));
    return async () => {
      for (const name of chosen) world.process(name).start();
    };
  },
});

const freeze = (room: Room, world: World): Kind => ({
  name: `${room}.freeze`,
  touches: world.of(room),
  holdMs: freezesMs[room],
  arm: async ({ chance }) => {
    const frozen = world.process(chance.pick(world.of(room)));
    frozen.freeze();
    return async () => frozen.thaw();
  },
});

/** SIGTERM in full load, a new process once the old one has drained. */
const deploy = (room: Room, world: World): Kind => ({
  name: `${room}.deploy`,
  touches: world.of(room),
  holdMs: [0, 0],
  arm: async ({ chance }) => {
    const old = world.process(chance.pick(world.of(room)));
    await old.stop();
    return async () => old.start();
  },
});

function points(room: Room, world: World): readonly Kind[] {
  return (faultPoints[room] ?? []).map((point) => ({
    name: `point.${point}`,
    touches: world.of(room),
    holdMs: [0, 0],
    arm: async ({ chance, note, missed }) => {
      const armed = world.process(chance.pick(world.of(room)));
      const before = armed.struck;
      // Of two ledgers one may own nothing: the one that is armed is left alone.
      const others = room === 'ledger' ? world.of(room).filter((name) => name !== armed.name) : [];
      await Promise.all([armed, ...others.map((name) => world.process(name))].map((one) => one.kill()));
      armed.start(point);
      // It may die before it says that it is ready.
      const ready = armed.ready(READY_MS).catch(() => undefined);
      const until = performance.now() + READY_MS;
      let over = Number.POSITIVE_INFINITY;
      void ready.then(() => {
        over = performance.now() + STRIKE_MS;
      });
      while (armed.struck === before && performance.now() < Math.min(until, over)) await sleep(50);
      const struck = armed.struck > before;
      if (!struck) {
        note(`${armed.name} did not come by ${point}`);
        missed();
      }
      return async () => {
        // One that still waits for its point is disarmed.
        if (!struck) await armed.kill();
        for (const name of [armed.name, ...others]) world.process(name).start();
      };
    },
  }));
}
