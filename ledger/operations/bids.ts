/**
 * What stands of a bid against its project: its freeze and its coupon, less what was cancelled. A project's `tenderAmount` is the sum of
 * these, so every change of a bid's hold goes through `moved`, and the project's remainder is exact (protocol 7, rule 5).
 */
import { type Fen, fen } from '../../contract/money.ts';
import { type HoldRow, type ProjectRow, remainder } from '../rows.ts';

/** An announced coupon counts until its bid is wholly confirmed or cancelled; from then on what was really added does. */
function standing(hold: HoldRow | undefined): Fen {
  if (hold === undefined) return fen(0n);
  const announced = remainder(hold) > 0n && hold.marketingAmount > hold.marketingCaptured;
  return fen(hold.amount - hold.released + (announced ? hold.marketingAmount : hold.marketingCaptured));
}

/** The project after one of its bids changed. */
export const moved = (project: ProjectRow, before: HoldRow | undefined, after: HoldRow): ProjectRow => ({
  ...project,
  tenderAmount: fen(project.tenderAmount + standing(after) - standing(before)),
});
