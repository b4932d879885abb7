/** The time of day jumps an hour, forward or back, in one process, in a room or in all of them, and later jumps back. */
import type { World } from '../world.ts';
import type { Kind, Missing } from './kind.ts';

const HOUR_MS = 3_600_000;

export function clockKinds(world: World): { readonly kinds: readonly Kind[]; readonly missing: readonly Missing[] } {
  const whose = ['gateway', 'ledger', 'adapters', 'all'] as const;
  const ways = [
    ['forward', HOUR_MS],
    ['back', -HOUR_MS],
  ] as const;
  const { clock: reason } = world.lacking;
  if (reason !== undefined)
    return {
      kinds: [],
      missing: whose.flatMap((who) => ways.map(([way]) => ({ name: `clock.${who}.${way}`, reason }))),
    };
  const kinds = whose.flatMap((who) =>
    ways.map(([way, offsetMs]): Kind => {
      const names = who === 'all' ? [...world.processes.keys()] : world.of(who);
      return {
        name: `clock.${who}.${way}`,
        touches: names.map((name) => `${name}'s clock`),
        holdMs: [1_500, 4_000],
        arm: async () => {
          for (const name of names) world.process(name).clock?.jump(offsetMs);
          return async () => {
            for (const name of names) world.process(name).clock?.jump(0);
          };
        },
      };
    }),
  );
  return { kinds, missing: [] };
}
