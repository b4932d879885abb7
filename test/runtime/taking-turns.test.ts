/** Pacing: what waits for its turn piles up, and nobody waits for ever. */
import { expect, test } from 'vitest';
import { takingTurns } from '../../runtime/taking-turns.ts';

/** A piece of work that ends when told. */
function piece(): { readonly done: Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end: () => end() };
}

const soon = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('waits'), 20));
const now = async (next: Promise<void>): Promise<string> => Promise.race([next.then(() => 'goes'), soon()]);

test('who comes alone does not wait; who comes while others work waits until one of them is done', async () => {
  const turns = takingTurns(1, 60_000);
  expect(await now(turns.next())).toBe('goes');
  const first = piece();
  const working = turns.take(() => first.done);
  const next = turns.next();
  expect(await now(next)).toBe('waits');
  first.end();
  await working;
  expect(await now(next)).toBe('goes');
});

test('turns come in the order of asking, one for each piece that ends, also when it fails', async () => {
  const turns = takingTurns(1, 60_000);
  const order: number[] = [];
  const first = piece();
  const working = turns.take(() => first.done);
  const others = [1, 2, 3].map(async (number) => {
    await turns.next();
    await turns.take(async () => {
      order.push(number);
      if (number === 1) throw new Error('this piece fails');
    });
  });
  first.end();
  await working;
  const ends = await Promise.allSettled(others);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(order).toEqual([1, 2, 3]);
});

test('who hangs in his turn holds up the others for no longer than their patience', async () => {
  const turns = takingTurns(1, 30);
  const hanging = piece();
  const working = turns.take(() => hanging.done);
  await turns.next();
  expect(await turns.take(async () => 'done all the same')).toBe('done all the same');
  hanging.end();
  await working;
});
