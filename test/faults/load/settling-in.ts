/** How platforms begin: users, money, projects. And the probe: whether a platform's instruction and a user's recharge get through. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { project } from '../../../demo/platform/messages.ts';
import { fileProject } from './chains/loans.ts';
import { bringIn, registerUser } from './chains/money.ts';
import type { Chance } from './chance.ts';
import { fenOf } from './content.ts';
import type { User } from './people.ts';
import type { Station } from './station.ts';

const INVESTORS = 2;
const BORROWERS = 1;
const FIRST_MONEY_FEN = 100_000_000;
/** Pages of the beginning wait for long: the world may be broken already. */
const LONG_MS = 20 * 60_000;
const TRIES = 20;
const ASK_MS = 1_000;

async function surely<T>(what: string, attempt: (turn: number) => Promise<T | undefined>): Promise<T> {
  for (let turn = 0; turn < TRIES; turn += 1) {
    const done = await attempt(turn);
    if (done !== undefined) return done;
  }
  throw new Error(`${what} did not succeed in ${TRIES} tries`);
}

const enter = (station: Station, role: User['role'], name: string): Promise<User> =>
  surely(`registration on ${station.platformNo}`, (turn) =>
    registerUser(station, role, station.chance.fork(`enter/${name}/${turn}`), LONG_MS),
  );

const pay = (station: Station, user: User): Promise<true> =>
  surely(`first money of ${user.userNo} on ${station.platformNo}`, async (turn) =>
    (await bringIn(station, user, FIRST_MONEY_FEN, station.chance.fork(`pay/${user.userNo}/${turn}`), LONG_MS))
      ? true
      : undefined,
  );

/** Opens accounts and projects and brings money in; resolves when the mix can run. Money arrives a little later. */
export async function settleIn(stations: readonly Station[], companyUrl: string): Promise<void> {
  await Promise.all(
    stations.map(async (station) => {
      // One page after the other: a machine that is busy shows none in time when all are asked for at once.
      for (let index = 0; index < INVESTORS; index += 1)
        station.investors.push(await enter(station, 'INVESTOR', `investor${index}`));
      for (let index = 0; index < BORROWERS; index += 1)
        station.borrowers.push(await enter(station, 'BORROWERS', `borrower${index}`));
      station.poor = await enter(station, 'INVESTOR', 'poor');
      for (const user of [...station.investors, ...station.borrowers]) await pay(station, user);
      for (const borrower of station.borrowers) await fileProject(station, borrower, station.chance.fork('file'));
    }),
  );
  await fetch(`${companyUrl}/close-day`, { method: 'POST', body: '{}' }).then((response) => response.body?.cancel());
  for (const station of stations) void watchArrival(station);
}

/** Asks until the first money has reached the custody account. */
async function watchArrival(station: Station): Promise<void> {
  const chance = station.chance.fork('arrival');
  for (let left = [...station.investors, ...station.borrowers]; left.length > 0; ) {
    await sleep(ASK_MS, undefined, { ref: false });
    const [first] = left;
    const answer = await station.client.ask('QUERY_USER_INFORMATION', { platformUserNo: first?.userNo }, chance);
    if (answer?.['arriveBalance'] !== undefined && fenOf(answer['arriveBalance']) > 10_000_000n) left = left.slice(1);
  }
  station.arrived = true;
}

/** One instruction of each platform, and a recharge of one of them, until they are done. Answers milliseconds. */
export async function probeStation(stations: readonly Station[], chance: Chance, timeoutMs: number): Promise<number> {
  const started = performance.now();
  const late = new AbortController();
  setMaxListeners(0, late.signal);
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const files = stations.map(async (station) => {
    const borrower = station.borrowers[0];
    if (borrower === undefined) throw new Error(`${station.platformNo} has no borrower yet`);
    const requestNo = station.no('K');
    const content = { ...project(requestNo, borrower, requestNo), projectAmount: '1.00' };
    station.sent += 1;
    station.client.mean('ESTABLISH_PROJECT', content, 'success');
    const answer = await station.client.settle(
      'ESTABLISH_PROJECT',
      content,
      chance.fork(`probe/${station.platformNo}/${requestNo}`),
      late.signal,
    );
    if (answer === undefined) {
      station.unfinished.push({ service: 'ESTABLISH_PROJECT', content, path: '/service' });
      throw new Error(`the probe of ${station.platformNo} was not answered within ${timeoutMs} ms`);
    }
    station.answered += 1;
  });
  const station = chance.pick(stations);
  const user = chance.pick(station.investors);
  const paid = surely('the recharge of the probe', async (turn) => {
    if (late.signal.aborted) throw new Error(`the recharge of the probe was not done within ${timeoutMs} ms`);
    const fork = station.chance.fork(`probe/${performance.now()}/${turn}`);
    return (await bringIn(station, user, 100, fork, LONG_MS)) ? true : undefined;
  });
  try {
    const cut = new Promise<never>((_, reject) =>
      late.signal.addEventListener('abort', () => reject(new Error(`the probe took more than ${timeoutMs} ms`))),
    );
    await Promise.race([Promise.all([...files, paid]), cut]);
    return Math.round(performance.now() - started);
  } finally {
    clearTimeout(timer);
    paid.catch(() => undefined);
    for (const file of files) file.catch(() => undefined);
  }
}
