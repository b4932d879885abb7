/**
 * What every channel must do, whatever it speaks: one suite, run by each channel's test against the real other side, which the channel's
 * director makes behave.
 */
import { expect, test } from 'vitest';
import type { OrderKind, OrderMessage } from '../../contract/internal/order.ts';
import { fen } from '../../contract/money.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { waitFor } from '../servers.ts';
import { TIMES, type World } from './world.ts';

export type Trouble =
  | { readonly is: 'declines'; readonly code: string }
  /** Final so much later than the answer. */
  | { readonly is: 'slow'; readonly ms: number }
  /** Does nothing, answers nothing. */
  | { readonly is: 'silent' }
  /** Does it; the answer is lost. */
  | { readonly is: 'loses its answer' }
  | { readonly is: 'answers late'; readonly ms: number }
  | { readonly is: 'does not call back' }
  | { readonly is: 'repeats its callbacks'; readonly times: number }
  | { readonly is: 'calls back out of order' }
  | { readonly is: 'contradicts itself' }
  | { readonly is: 'is forged' }
  | { readonly is: 'names another amount' }
  | { readonly is: 'says a status unknown' }
  | { readonly is: 'answers a code unknown' }
  | { readonly is: 'returns after success'; readonly ms: number };

export interface Figures {
  readonly gross: bigint;
  readonly payouts: bigint;
  readonly fee: bigint;
  readonly net: bigint;
}

/** What can be made to happen on the other side. */
export interface Director {
  /** The next order of this platform (its next question instead, `on: 'query'`) meets these troubles. */
  next(platformNo: string, troubles: readonly Trouble[], on?: 'create' | 'query'): Promise<void>;
  /** The payer pays, or fails to, what was presented. */
  pay(orderId: string): Promise<void>;
  fail(orderId: string): Promise<void>;
  /** The payment was said to have failed, and is paid all the same. */
  payLate(orderId: string): Promise<void>;
  /** A pay-out comes back. */
  giveBack(orderId: string): Promise<void>;
  /** What the company itself has of the order: its state, or undefined. */
  has(orderId: string): Promise<string | undefined>;
  /** How many orders of the platform the company has done. */
  done(platformNo: string): Promise<number>;
  day(): Promise<string>;
  closeDay(): Promise<void>;
  /** What a closed day comes to in the company's own books. */
  figures(platformNo: string, clearingDay: string): Promise<Figures | undefined>;
  /** Sends a settlement notice with another gross. */
  sayOtherSettlement(platformNo: string, clearingDay: string): Promise<void>;
  /** No callback is waiting to be delivered. */
  quiet(): Promise<boolean>;
}

const platform = (): string => `P${Math.random().toString(36).slice(2, 10)}`;

/** Declares the tests. `world` and `director` are asked for when the tests run. */
export function conformance(world: () => World, director: () => Director): void {
  const place = async (
    kind: Exclude<OrderKind, 'refund'>,
    troubles: readonly Trouble[],
    fields: Partial<OrderMessage> = {},
  ): Promise<{ readonly id: string; readonly platformNo: string }> => {
    const platformNo = platform();
    if (troubles.length > 0) await director().next(platformNo, troubles);
    return { id: await world().order({ kind, platformNo, ...fields }), platformNo };
  };
  const paid = async (fields: Partial<OrderMessage> = {}, troubles: readonly Trouble[] = []) => {
    const placed = await place('collect', troubles, fields);
    await waitFor(() => world().presented(placed.id), { what: 'the page to be told where to pay' });
    await director().pay(placed.id);
    return placed;
  };
  const states = (id: string): readonly string[] =>
    world()
      .outcomes(id)
      .map(({ outcome }) => outcome.state);
  const open = async (id: string): Promise<string> => {
    const states = ['opened', 'pending', 'unknown'];
    return waitFor(
      async () => {
        const { state } = await world().row(id);
        return state !== 'opened' && states.includes(state) ? state : undefined;
      },
      { what: 'the order to be open' },
    );
  };
  const quiet = () => waitFor(() => director().quiet(), { what: 'all callbacks to be taken' });
  const differences = (about: string, kind: string) =>
    waitFor(async () => (await world().differences(about)).includes(kind), { what: `a difference ${kind}` });

  test('a collection is presented, paid, and settled once, with the channel’s number and clearing day', async () => {
    const { id } = await paid();
    const told = await world().until(id, 'settled');
    expect(told.outcome).toMatchObject({ state: 'settled', clearingDay: await director().day() });
    expect(world().presented(id)?.presentation.url).toMatch(/^http/);
    await quiet();
    expect(states(id)).toEqual(['settled']);
  });

  test('a collection that the payer’s bank refuses is declined, with code and text', async () => {
    const { id } = await place('collect', []);
    await waitFor(() => world().presented(id));
    await director().fail(id);
    const { outcome } = await world().until(id, 'declined');
    expect(outcome).toMatchObject({
      channelErrorCode: expect.stringMatching(/./),
      channelErrorMessage: expect.stringMatching(/./),
    });
  });

  test('a pay-out is pending, then settled', async () => {
    const { id } = await place('payout', [{ is: 'slow', ms: 300 }]);
    expect(await open(id)).toBe('pending');
    await world().until(id, 'settled');
    expect(states(id)).toEqual(['settled']);
  });

  test('a pay-out that is refused is declined', async () => {
    const { id } = await place('payout', [{ is: 'declines', code: 'ACCOUNT_ABNORMAL' }]);
    const { outcome } = await world().until(id, 'declined');
    expect(outcome).toMatchObject({ channelErrorCode: 'ACCOUNT_ABNORMAL' });
  });

  test('four elements that belong together name the bank, and others are declined', async () => {
    const { id } = await place('verify', []);
    const { outcome } = await world().until(id, 'settled');
    expect(outcome).toMatchObject({ bankcode: 'ICBK' });
    const other = await place('verify', [{ is: 'declines', code: 'NAME_MISMATCH' }]);
    await world().until(other.id, 'declined');
  });

  test('a refund goes back through the channel that collected', async () => {
    const { id, platformNo } = await paid({ amount: fen(5_000n) });
    await world().until(id, 'settled');
    const refund = await world().order({ kind: 'refund', platformNo, refundOf: id, amount: fen(2_000n) });
    await world().until(refund, 'settled');
    const tooMuch = await world().order({ kind: 'refund', platformNo, refundOf: id, amount: fen(4_000n) });
    await world().until(tooMuch, 'declined');
  });

  test('a lost answer is unknown, and becomes what the channel says when asked', async () => {
    const { id, platformNo } = await place('payout', [{ is: 'loses its answer' }, { is: 'does not call back' }]);
    await world().until(id, 'settled');
    expect(await director().done(platformNo)).toBe(1);
    const acts = await world().database.rows<{ act: string; answer: string }>(
      sql`select act, answer from adapters.attempt where order_id = ${id} order by id`,
    );
    expect(acts[0]).toEqual({ act: 'send', answer: 'unknown' });
    expect(acts.some(({ act, answer }) => act === 'ask' && answer === 'settled')).toBe(true);
  });

  test('an answer that comes after our patience changes nothing that asking does not', async () => {
    const { id, platformNo } = await place('payout', [{ is: 'answers late', ms: TIMES.timeoutMs + 200 }]);
    await world().until(id, 'settled');
    await quiet();
    expect(states(id)).toEqual(['settled']);
    expect(await director().done(platformNo)).toBe(1);
  });

  test('“no such order” is no answer within the acceptance window, and a no after it', async () => {
    const { id } = await place('payout', [{ is: 'silent' }]);
    const asked = () =>
      world().database.row(
        sql`select 1 as one from adapters.attempt where order_id = ${id} and answer = 'absent' limit 1`,
      );
    await waitFor(asked, { what: 'the channel to say that it has no such order' });
    expect((await world().row(id)).state).toBe('unknown');
    expect(states(id)).toEqual([]);
    const { outcome } = await world().until(id, 'declined');
    expect(outcome).toMatchObject({ channelErrorCode: 'NO_SUCH_ORDER' });
    const [span] = await world().database.rows<{ ms: bigint }>(sql`
      select max(started_at) - (select sent_at from adapters.channel_order where order_id = ${id}) as ms
      from adapters.attempt where order_id = ${id} and answer = 'absent'`);
    expect(span?.ms).toBeGreaterThan(BigInt(TIMES.acceptanceWindowMs) - 100n);
    expect(await director().has(id)).toBeUndefined();
  });

  test('a code that is in no table is unknown', async () => {
    const { id } = await place('payout', [{ is: 'answers a code unknown' }]);
    expect(await open(id)).toBe('unknown');
    expect(states(id)).toEqual([]);
    await world().until(id, 'declined');
  });

  test('a callback with a status that is in no table is no yes; asking finds what it is', async () => {
    const { id } = await place('payout', [{ is: 'says a status unknown' }]);
    await world().until(id, 'settled');
    await waitFor(() =>
      world().database.row(
        sql`select 1 as one from adapters.callback where order_id = ${id} and verdict = 'unreadable'`,
      ),
    );
  });

  test('a callback that comes again and again is one outcome', async () => {
    const { id } = await place('payout', [{ is: 'repeats its callbacks', times: 4 }]);
    await world().until(id, 'settled');
    await quiet();
    const seen = await world().database.row<{ times: number }>(
      sql`select times from adapters.callback where order_id = ${id} and verdict = 'order'`,
    );
    expect(seen?.times).toBe(5);
    expect(states(id)).toEqual(['settled']);
  });

  test('callbacks out of order lead to the same end', async () => {
    const { id } = await place('payout', [{ is: 'calls back out of order' }, { is: 'returns after success', ms: 100 }]);
    await world().until(id, 'returned');
    await quiet();
    expect(states(id)).toEqual(['settled', 'returned']);
    expect((await world().row(id)).state).toBe('returned');
  });

  test('a stale “processing” after a yes changes nothing', async () => {
    const { id } = await place('payout', [{ is: 'calls back out of order' }]);
    await world().until(id, 'settled');
    await quiet();
    expect((await world().row(id)).state).toBe('settled');
    expect(await world().differences(id)).toEqual([]);
  });

  test('a channel that says yes and then no has said yes; the no is a difference', async () => {
    const { id } = await place('payout', [{ is: 'contradicts itself' }]);
    await world().until(id, 'settled');
    await differences(id, 'CONTRADICTED');
    expect(states(id)).toEqual(['settled']);
    expect((await world().row(id)).state).toBe('settled');
  });

  test('a collection that the channel declined, and says to be paid when we ask, is settled late', async () => {
    const { id } = await place('collect', []);
    await waitFor(() => world().presented(id));
    await director().fail(id);
    await world().until(id, 'declined');
    await director().payLate(id);
    await world().until(id, 'settled');
    await quiet();
    expect(states(id)).toEqual(['declined', 'settled']);
    // A person sees all the same that the channel had two words.
    await differences(id, 'CONTRADICTED');
  });

  test('a yes after a no on a collection is a difference only, when the channel itself does not stand by it', async () => {
    const { id } = await place('collect', [{ is: 'contradicts itself' }]);
    await waitFor(() => world().presented(id));
    await director().fail(id);
    await world().until(id, 'declined');
    await differences(id, 'CONTRADICTED');
    await quiet();
    // Asked, and answered no once more: nothing more is due.
    await waitFor(async () => (await world().row(id)).next_at === null, { what: 'the channel to be asked' });
    expect((await world().row(id)).state).toBe('declined');
    expect(states(id)).toEqual(['declined']);
  });

  test('a forged callback changes nothing, and leaves its evidence sealed', async () => {
    const { id } = await place('payout', [{ is: 'is forged' }, { is: 'declines', code: 'ACCOUNT_ABNORMAL' }]);
    const { outcome } = await world().until(id, 'declined');
    expect(outcome.state).toBe('declined');
    const kept = await waitFor(() =>
      world().database.row<{ body: Buffer }>(sql`select body from adapters.callback where verdict = 'forged'
        and first_at >= (select opened_at from adapters.channel_order where order_id = ${id}) order by id desc limit 1`),
    );
    expect(kept.body.includes(id)).toBe(false);
    expect(world().sealer.openBytes('callback PAYSIM', kept.body).toString('utf8')).toContain(id);
    expect(states(id)).toEqual(['declined']);
  });

  test('a yes to another amount is no yes; it is a difference, and asking finds the truth', async () => {
    const { id } = await place('payout', [{ is: 'names another amount' }, { is: 'slow', ms: 50 }]);
    await world().until(id, 'settled');
    await differences(id, 'AMOUNT');
    expect(states(id)).toEqual(['settled']);
  });

  test('a success that comes back is told twice, each once', async () => {
    const { id } = await place('payout', []);
    await world().until(id, 'settled');
    await director().giveBack(id);
    const { outcome } = await world().until(id, 'returned');
    expect(outcome).toMatchObject({ clearingDay: await director().day(), reason: expect.stringMatching(/./) });
    await quiet();
    expect(states(id)).toEqual(['settled', 'returned']);
  });

  test('a collection that nobody pays is closed at the channel after its time, and only then is it a no', async () => {
    const { id } = await place('collect', [], { expiresAt: Date.now() + 1_200 });
    await waitFor(() => world().presented(id));
    await world().until(id, 'declined');
    expect(await director().has(id)).toBe('CLOSED');
  });

  test('a collection whose callback never comes is found paid by asking', async () => {
    const { id } = await place('collect', [{ is: 'does not call back' }]);
    await waitFor(() => world().presented(id));
    await director().pay(id);
    await world().until(id, 'settled');
  });

  test('a channel that is down is tried again, and the order is sent once', async () => {
    await world().company.kill();
    const { id, platformNo } = await place('payout', []);
    await waitFor(() =>
      world().database.row(sql`select 1 as one from adapters.attempt where order_id = ${id} and answer = 'unsent'`),
    );
    expect(await world().row(id)).toMatchObject({ state: 'opened', sending: 'never' });
    await world().company.restart();
    await world().until(id, 'settled');
    expect(await director().done(platformNo)).toBe(1);
  });

  test('a channel killed with a payment under way ends it after its restart', async () => {
    const { id } = await place('payout', [{ is: 'slow', ms: 300 }]);
    expect(await open(id)).toBe('pending');
    await world().company.kill();
    await world().company.restart();
    await world().until(id, 'settled');
  });

  test('a closed clearing day is told with the channel’s figures, after every order of the day, each day once', async () => {
    const platformNo = platform();
    const first = await paid({ platformNo, amount: fen(700_000n) });
    await world().until(first.id, 'settled');
    const out = await world().order({ kind: 'payout', platformNo, amount: fen(100_000n) });
    await world().until(out, 'settled');
    // Its callback is never sent and its answers are lost, so that only asking tells, and late, that it belongs to the day.
    await director().next(platformNo, [
      { is: 'loses its answer' },
      { is: 'does not call back' },
      { is: 'slow', ms: 0 },
    ]);
    for (let times = 0; times < 3; times++) await director().next(platformNo, [{ is: 'silent' }], 'query');
    const late = await world().order({ kind: 'payout', platformNo, amount: fen(20_000n) });
    await waitFor(async () => (await director().has(late)) === 'SUCCESS', { what: 'the company to have paid' });
    const clearingDay = await director().day();
    await director().closeDay();
    const lots = await waitFor(() => (world().lots(platformNo).length > 0 ? world().lots(platformNo) : undefined));
    const figures = await director().figures(platformNo, clearingDay);
    expect(figures).toMatchObject({ gross: 700_000n, payouts: 120_000n });
    expect(lots.map(({ number, act }) => ({ number, act }))).toEqual([
      { number: `PAYSIM:${clearingDay}`, act: { service: 'LOT_SETTLED', channel: 'PAYSIM', clearingDay, ...figures } },
    ]);
    expect(states(late)).toEqual(['settled']);

    // What comes back on the next day belongs to that day.
    await director().giveBack(out);
    await world().until(out, 'returned');
    const nextDay = await director().day();
    await director().closeDay();
    await waitFor(() => world().lots(platformNo).length === 2);
    expect(await director().figures(platformNo, nextDay)).toMatchObject({
      gross: 100_000n,
      payouts: 0n,
      net: 100_000n,
    });
    expect(world().lots(platformNo)[1]?.act).toMatchObject({ gross: 100_000n, payouts: 0n });
    expect(await world().differences(`PAYSIM:${clearingDay} ${platformNo}`)).toEqual([]);
    expect(await world().differences(`PAYSIM:${nextDay} ${platformNo}`)).toEqual([]);
  });

  test('a second settlement of a day with other figures is refused, and is a difference', async () => {
    const { id, platformNo } = await paid({ amount: fen(3_000n) });
    await world().until(id, 'settled');
    const clearingDay = await director().day();
    await director().closeDay();
    await waitFor(() => world().lots(platformNo).length === 1);
    await director().sayOtherSettlement(platformNo, clearingDay);
    await differences(`PAYSIM:${clearingDay} ${platformNo}`, 'SETTLEMENT');
    expect(world().lots(platformNo)).toHaveLength(1);
    expect(world().lots(platformNo)[0]?.act).toMatchObject({ gross: 3_000n });
  });

  test('a return that nobody told of is found before its day is told', async () => {
    const { id, platformNo } = await place('payout', [
      { is: 'does not call back' },
      { is: 'returns after success', ms: 800 },
    ]);
    await world().until(id, 'settled');
    await waitFor(async () => (await director().has(id)) === 'RETURNED');
    const clearingDay = await director().day();
    const other = await paid({ platformNo, amount: fen(1_000n) });
    await world().until(other.id, 'settled');
    await director().closeDay();
    await waitFor(() => world().lots(platformNo).length === 1);
    expect(states(id)).toEqual(['settled', 'returned']);
    expect(await world().differences(`PAYSIM:${clearingDay} ${platformNo}`)).toEqual([]);
  });
}
