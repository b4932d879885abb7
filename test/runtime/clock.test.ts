/** The clock that processes share: the database's time, whatever the machine's says, also while the database is away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openSharedClock } from '../../runtime/clock.ts';
import { Unavailable } from '../../runtime/failure.ts';
import { waitFor } from '../servers.ts';

let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

const HOUR_MS = 3_600_000;
/** A database whose clock and reachability the test sets, and what measures durations beside it. */
function ground() {
  const state = { there: 10 * HOUR_MS, away: false, elapsed: 0, asked: 0, warned: 0 };
  return {
    state,
    options: {
      ask: async () => {
        state.asked += 1;
        if (state.away) throw new Unavailable('the database is away');
        return state.there;
      },
      elapsed: () => state.elapsed,
      everyMs: 5,
      log: {
        warn: () => {
          state.warned += 1;
        },
      },
    },
  };
}

test('it says what the database says, and goes on by what has elapsed', async () => {
  const { state, options } = ground();
  const clock = await openSharedClock(options);
  stop = clock.stop;
  expect(clock.now()).toBe(10 * HOUR_MS);
  state.away = true;
  state.elapsed = 1_234;
  expect(clock.now()).toBe(10 * HOUR_MS + 1_234);
  const { asked } = state;
  await waitFor(() => state.asked > asked);
  expect(clock.now()).toBe(10 * HOUR_MS + 1_234);
});

test('when the database says otherwise it follows, and says so when it is much', async () => {
  const { state, options } = ground();
  const clock = await openSharedClock(options);
  stop = clock.stop;
  state.there += 1_000;
  await waitFor(() => clock.now() === 10 * HOUR_MS + 1_000);
  expect(state.warned).toBe(0);
  state.there += HOUR_MS;
  await waitFor(() => clock.now() === 11 * HOUR_MS + 1_000);
  expect(state.warned).toBe(1);
});

test('an answer that took long is not believed, but for the first', async () => {
  const { state, options } = ground();
  const slow = async (): Promise<number> => {
    state.elapsed += 2_000;
    return options.ask();
  };
  const clock = await openSharedClock({ ...options, ask: slow });
  stop = clock.stop;
  const first = clock.now() - state.elapsed;
  state.there += HOUR_MS;
  const { asked } = state;
  await waitFor(() => state.asked > asked + 1);
  expect(clock.now() - state.elapsed).toBe(first);
});

test('without a first answer there is no clock', async () => {
  const { state, options } = ground();
  state.away = true;
  await expect(openSharedClock(options)).rejects.toThrow(Unavailable);
});

test('stopping ends the asking', async () => {
  const { state, options } = ground();
  const clock = await openSharedClock(options);
  await clock.stop();
  const { asked } = state;
  await sleep(30);
  expect(state.asked).toBe(asked);
});
