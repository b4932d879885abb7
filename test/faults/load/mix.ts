/** The mix: which chains run how often, and how many at once. Pages have lanes of their own, for their users take their time. */

import { bid, repayLoan } from './chains/loans.ts';
import { again, atOnce, forged, otherContent, refused } from './chains/misuse.ts';
import { authoriseAgain, bidOnPage, rechargeSome, registerSomebody, withdrawSome } from './chains/money.ts';
import { question } from './chains/questions.ts';
import type { Chance } from './chance.ts';
import type { Station } from './station.ts';

type Chain = (station: Station, chance: Chance, all: readonly Station[]) => Promise<void>;

const direct: readonly (readonly [number, Chain])[] = [
  [30, bid],
  [14, repayLoan],
  [14, question],
  [8, again],
  [4, otherContent],
  [4, atOnce],
  [5, refused],
  [
    4,
    (station, chance, all) =>
      forged(
        station,
        all.filter((each) => each !== station),
        chance,
      ),
  ],
];

const pages: readonly (readonly [number, Chain])[] = [
  [7, rechargeSome],
  [5, withdrawSome],
  [3, bidOnPage],
  [1, registerSomebody],
  [1, authoriseAgain],
];

/** Chains of a platform at once. */
const DIRECT_LANES = 10;
const PAGE_LANES = 2;

export interface Gate {
  readonly entered: () => void;
  readonly left: () => void;
}

/** Runs a platform's lanes until the pace ends. */
export async function mixOf(station: Station, all: readonly Station[], gate: Gate): Promise<void> {
  const lane = async (chains: typeof direct): Promise<void> => {
    while ((await station.pace.turn()) !== undefined) {
      gate.entered();
      try {
        const chance = station.nextChance();
        await chance.weighted(chains)(station, chance, all);
      } finally {
        gate.left();
      }
    }
  };
  await Promise.all([
    ...Array.from({ length: DIRECT_LANES }, () => lane(direct)),
    ...Array.from({ length: PAGE_LANES }, () => lane(pages)),
  ]);
}
