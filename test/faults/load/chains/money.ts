/** Page services: users who register, authorise, bid, bring money in and take it out, and those who give up on the way. */
import { authorise, recharge, register, withdraw } from '../../../../demo/platform/messages.ts';
import { timestamp } from '../../../../demo/platform/protocol.ts';
import type { Chance } from '../chance.ts';
import type { Content } from '../client.ts';
import { yuanOf } from '../content.ts';
import { newUser, type User } from '../people.ts';
import type { Station } from '../station.ts';
import { bidAmount, bidOf, goOn, onProject } from './loans.ts';

/** Pages wait this long for their users: what a user left must have ended soon after the mix has. */
const PAGE_MS = 100_000;
const expires = (): { readonly expired: string } => ({ expired: timestamp(Date.now() + PAGE_MS) });

/** Registers a user who may then bid or repay by authorisation. Only a user whose account is open is one of the platform's. */
export async function registerUser(
  station: Station,
  role: User['role'],
  chance: Chance,
  longMs = PAGE_MS,
): Promise<User | undefined> {
  const unlike = longMs === PAGE_MS && chance.percent(10);
  const user = newUser(chance, station.no('U'), role, unlike);
  station.knows(user);
  const { userNo, role: _, password: __, ...person } = user;
  const content = {
    ...register(station.no('G'), user, person),
    authList: role === 'INVESTOR' ? 'TENDER' : 'REPAYMENT',
    amount: '50000.00',
    failTime: '20991231',
    expired: timestamp(Date.now() + longMs),
  } as unknown as Content;
  const expected = unlike ? 'refused:100008' : 'any';
  const visited = await station.page(
    'PERSONAL_REGISTER_EXPAND',
    content,
    user,
    { way: chance.percent(90) || longMs > PAGE_MS ? 'pay' : 'leave', expected },
    chance,
  );
  const opened = visited !== undefined && visited !== 'left' && visited.said.status === 'SUCCESS';
  return opened && userNo !== '' ? user : undefined;
}

/** Money into an account; answers whether the platform was told that it came. */
export async function bringIn(
  station: Station,
  user: User | 'SYS_GENERATE_002',
  fen: number,
  chance: Chance,
  longMs?: number,
): Promise<boolean> {
  const commission = longMs === undefined && chance.percent(40) ? yuanOf(chance.between(1, 100)) : undefined;
  const userNo = typeof user === 'string' ? user : user.userNo;
  const content = {
    ...recharge(station.no('Q'), userNo, yuanOf(fen), commission),
    expired: timestamp(Date.now() + (longMs ?? PAGE_MS)),
  } as unknown as Content;
  const way =
    longMs === undefined
      ? chance.weighted([
          [16, 'pay'],
          [2, 'fail'],
          [1, 'cancel'],
          [1, 'leave'],
          [1, 'leave the cashier'],
        ] as const)
      : 'pay';
  const visited = await station.page(
    'RECHARGE',
    content,
    typeof user === 'string' ? {} : user,
    { way, expected: 'any' },
    chance,
  );
  return visited !== undefined && visited !== 'left' && visited.said.status === 'SUCCESS';
}

export async function rechargeSome(station: Station, chance: Chance): Promise<void> {
  const user = chance.percent(10) ? 'SYS_GENERATE_002' : chance.pick([...station.investors, ...station.borrowers]);
  await bringIn(station, user, chance.between(1_000, 50_000), chance);
}

/** How long after its success a pay-out comes back, when it does. */
const RETURN_MS = 1_500;

export async function withdrawSome(station: Station, chance: Chance): Promise<void> {
  if (!station.arrived) return rechargeSome(station, chance);
  const user = chance.pick([...station.investors, ...station.borrowers]);
  const tooMuch = chance.percent(8);
  const fen = tooMuch ? 9_000_000_000 : chance.between(200, 3_000);
  const commission = chance.percent(40) ? chance.between(1, 50) : 0;
  const content = {
    ...withdraw(station.no('W'), user, yuanOf(fen)),
    ...(commission === 0 ? {} : { commission: yuanOf(commission) }),
    ...expires(),
  } as unknown as Content;
  if (chance.percent(15)) await comesBack(station, fen - commission);
  const way = chance.weighted([
    [9, 'pay'],
    [1, 'cancel'],
    [1, 'leave'],
  ] as const);
  const expected = tooMuch ? 'refused:any' : 'any';
  await station.page('WITHDRAW', content, user, { way, expected }, chance);
}

/** The payment company shall return the next pay-out of this amount after it has paid it. When it is away, it will not. */
async function comesBack({ companyUrl, platformNo }: Station, fen: number): Promise<void> {
  const match = { on: 'create', kind: 'payout', subMerchantNo: platformNo, amount: String(fen) };
  await fetch(`${companyUrl}/rules`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(2_000),
    body: JSON.stringify({ match, times: 1, behaviour: { returnAfterMs: RETURN_MS } }),
  })
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
}

/** A bid that the user approves himself. */
export const bidOnPage = (station: Station, chance: Chance): Promise<void> =>
  onProject(station, chance, async (target) => {
    const investor = chance.pick(station.investors);
    const requestNo = station.no('V');
    const amount = bidAmount(chance);
    const content = { ...bidOf(requestNo, investor, target.projectNo, amount), ...expires() };
    const way = chance.percent(85) ? 'pay' : chance.percent(50) ? 'cancel' : 'leave';
    const visited = await station.page('USER_PRE_TRANSACTION', content, investor, { way, expected: 'any' }, chance);
    if (visited !== undefined && visited !== 'left' && visited.said.status === 'SUCCESS')
      await goOn(station, { target, investor, requestNo, amount }, chance);
  });

export async function authoriseAgain(station: Station, chance: Chance): Promise<void> {
  const user = chance.pick([...station.investors, ...station.borrowers]);
  const list = user.role === 'INVESTOR' ? 'TENDER' : 'REPAYMENT';
  const content = { ...authorise(station.no('A'), user, list), ...expires() } as unknown as Content;
  await station.page('USER_AUTHORIZATION', content, user, { way: 'pay', expected: 'any' }, chance);
}

export async function registerSomebody(station: Station, chance: Chance): Promise<void> {
  await registerUser(station, 'INVESTOR', chance);
}
