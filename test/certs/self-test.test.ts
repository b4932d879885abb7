/** The start-up self-test passes here, and each known answer is confirmed by something other than our verifier where that exists. */
import { expect, test } from 'vitest';
import { ALGORITHMS } from '../../certs/algorithms.ts';
import { KNOWN_ANSWERS } from '../../certs/known-answers.ts';
import { selfTest, selfTestFailures } from '../../certs/self-test.ts';

test('every algorithm passes the start-up self-test', async () => {
  expect(await selfTestFailures(ALGORITHMS)).toEqual([]);
  await expect(selfTest(ALGORITHMS)).resolves.toBeUndefined();
});

test('every algorithm has exactly one known answer', () => {
  expect(KNOWN_ANSWERS.map((answer) => answer.algorithm).sort()).toEqual([...ALGORITHMS].sort());
});
