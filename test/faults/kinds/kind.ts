/** What a kind of fault is to the driver: a name, what it breaks, how long it usually holds, how it is armed and healed. */
import type { Load } from '../interface.ts';
import type { Chance } from '../load/chance.ts';
import type { World } from '../world.ts';

/** Takes the cause away; what the product then needs to be well again is its recovery. */
export type Heal = () => Promise<void>;

export interface Site {
  readonly world: World;
  readonly load: Load;
  readonly chance: Chance;
  readonly note: (line: string) => void;
  /** Says that what was armed never struck: it does not count. */
  readonly missed: () => void;
}

export interface Kind {
  /** `<family>.<what>`. */
  readonly name: string;
  /** Processes, servers or ways that it breaks: of two faults at once, no two may break the same. */
  readonly touches: readonly string[];
  /** How long it holds, at least and at most. */
  readonly holdMs: readonly [number, number];
  /** Breaks it. */
  arm(site: Site): Promise<Heal>;
}

/** A kind that this machine cannot have, and why; said aloud. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}
