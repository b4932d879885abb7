/** Every kind of fault that there is for a house. */
import type { World } from '../world.ts';
import { clockKinds } from './clocks.ts';
import type { Kind, Missing } from './kind.ts';
import { networkKinds } from './network.ts';
import { outsideKinds } from './outside.ts';
import { processKinds } from './processes.ts';
import { serverKinds } from './servers.ts';

export function allKinds(world: World): { readonly kinds: readonly Kind[]; readonly missing: readonly Missing[] } {
  const clocks = clockKinds(world);
  const disk = world.lacking.disk;
  return {
    kinds: [
      ...processKinds(world),
      ...serverKinds(world),
      ...networkKinds(world),
      ...clocks.kinds,
      ...outsideKinds(world),
    ],
    missing: [...clocks.missing, ...(disk === undefined ? [] : [{ name: 'postgres.full-disk', reason: disk }])],
  };
}
