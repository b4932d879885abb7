/**
 * What a bank must bear: the same message again, another content under a used number, one number sent several times at once, what the business
 * refuses, and what nobody who may do so has signed.
 */
import { randomBytes } from 'node:crypto';
import { timestamp } from '../../../../demo/platform/protocol.ts';
import type { Chance } from '../chance.ts';
import { type Content, isFinal } from '../client.ts';
import { fenOf, yuanOf } from '../content.ts';
import type { Old, Station } from '../station.ts';
import { bid, bidAmount, bidOf, onProject } from './loans.ts';

/** The bank's clock takes a message for 10 minutes. */
const FRESH_MS = 8 * 60_000;
const FAR_MS = 25 * 60_000;

/** The same again: the same bytes while they are fresh, or the same content signed anew. */
export async function again(station: Station, chance: Chance): Promise<void> {
  if (station.old.length === 0) return bid(station, chance);
  const { service, content, body, at } = chance.pick(station.old);
  const sameBytes = Date.now() - at < FRESH_MS && chance.percent(50);
  const first = sameBytes ? { body, at } : undefined;
  await station.client.settle(service, content, chance, station.giveUp(), first);
}

const changed = ({ content }: Old): Content | undefined => {
  const more = (yuan: unknown): string => yuanOf(fenOf(yuan) + 1n);
  if ('projectAmount' in content) return { ...content, projectAmount: more(content['projectAmount']) };
  if ('amount' in content) return { ...content, amount: more(content['amount']) };
  const [detail, ...details] = Array.isArray(content['details']) ? (content['details'] as Content[]) : [];
  if (detail === undefined) return undefined;
  return { ...content, details: [{ ...detail, amount: more(detail['amount']) }, ...details] };
};

/** Another content under a number that the books have claimed: 100013, and nothing else happens. */
export async function otherContent(station: Station, chance: Chance): Promise<void> {
  const candidates = station.old.filter(({ answer, content }) => isFinal(answer) && content['status'] === undefined);
  const old = candidates.length === 0 ? undefined : chance.pick(candidates);
  const content = old && changed(old);
  if (old === undefined || content === undefined) return bid(station, chance);
  station.client.mean(old.service, content, 'refused:100013');
  await station.client.settle(old.service, content, chance, station.giveUp());
}

/** One number several times at once, through any gateway; now and then one of them says something else. */
export const atOnce = (station: Station, chance: Chance): Promise<void> =>
  onProject(station, chance, async (target) => {
    const { client } = station;
    const service = 'USER_AUTO_PRE_TRANSACTION';
    const amount = bidAmount(chance);
    const content = bidOf(station.no('B'), chance.pick(station.investors), target.projectNo, amount);
    const other = chance.percent(40) ? { ...content, amount: yuanOf(amount + 1) } : undefined;
    const copies = [content, content, ...(other === undefined ? [content] : [other])];
    station.sent += 1;
    client.mean(service, content, other === undefined ? 'success' : 'conflict');
    if (other !== undefined) client.mean(service, other, 'conflict');
    const answers = await Promise.all(
      copies.map((copy, index) => client.settle(service, copy, chance.fork(String(index)), station.giveUp())),
    );
    if (answers.every((answer) => answer !== undefined)) station.answered += 1;
    else for (const copy of copies) station.unfinished.push({ service, content: copy, path: '/service' });
  });

/** What the business refuses, each time by the code that stands first. */
export const refused = (station: Station, chance: Chance): Promise<void> =>
  onProject(station, chance, async (target) => {
    const [investor, borrower] = [chance.pick(station.investors), target.borrower];
    const requestNo = station.no('X');
    const good = bidOf(requestNo, investor, target.projectNo, bidAmount(chance));
    const service = 'USER_AUTO_PRE_TRANSACTION';
    const [code, content, as] = chance.pick([
      ['100011', { ...good, amount: '60000.00' }, service],
      ['100009', { ...good, platformUserNo: 'nobody' }, service],
      ['100011', { ...good, platformUserNo: borrower.userNo }, service],
      ['100008', { ...good, projectNo: 'nowhere' }, service],
      ['100015', { ...good, platformUserNo: borrower.userNo, bizType: 'REPAYMENT' }, service],
      ['100014', { ...good, platformUserNo: (station.poor ?? investor).userNo, amount: '40000.00' }, service],
      ['100008', { requestNo, projectNo: target.projectNo, status: 'FINISH' }, 'MODIFY_PROJECT'],
      ['100008', { requestNo, preTransactionNo: 'nothing', amount: '1.00' }, 'CANCEL_PRE_TRANSACTION'],
      ['any', { requestNo, ...marketing(station, target.projectNo, borrower.userNo) }, 'SYNC_TRANSACTION'],
    ] as const);
    await station.instruct(as, content, `refused:${code}`, chance);
  });

/** A release of nothing but a coupon that account 002 cannot pay. */
const marketing = (station: Station, projectNo: string, target: string) => ({
  tradeType: 'TENDER',
  projectNo,
  details: [
    {
      bizType: 'TENDER',
      freezeRequestNo: 'nothing',
      sourcePlatformUserNo: station.investors[0]?.userNo ?? '',
      targetPlatformUserNo: target,
      amount: '1.00',
    },
    {
      bizType: 'MARKETING',
      sourcePlatformUserNo: 'SYS_GENERATE_002',
      targetPlatformUserNo: target,
      amount: '90000000.00',
    },
  ],
});

/** Bids that would be good, were they signed by who may, now: none may leave a trace but its refusal. */
export async function forged(station: Station, strangers: readonly Station[], chance: Chance): Promise<void> {
  const target = station.projects.find(({ status }) => status === 'COLLECTING');
  const investor = station.investors[0];
  if (target === undefined || investor === undefined) return;
  const service = 'USER_AUTO_PRE_TRANSACTION';
  const content = bidOf(station.no('Z'), investor, target.projectNo, 1_000);
  const form = new URLSearchParams(station.client.sign(service, content));
  const stranger = strangers.length === 0 ? undefined : chance.pick(strangers);
  const how = chance.pick(['no signature', 'random', 'changed', 'old', 'early', 'stranger', 'strange serial'] as const);
  let expected: 'gateway:100003' | 'gateway:100002' = 'gateway:100003';
  if (how === 'no signature') form.set('sign', '');
  else if (how === 'random') form.set('sign', randomBytes(256).toString('base64'));
  else if (how === 'changed') form.set('reqData', (form.get('reqData') ?? '').replace('10.00', '9990.00'));
  else if (how === 'strange serial') form.set('keySerial', 'nobody-1');
  else if (how === 'stranger' && stranger !== undefined) {
    const theirs = new URLSearchParams(stranger.client.sign(service, content));
    form.set('sign', theirs.get('sign') ?? '');
    if (chance.percent(50)) form.set('keySerial', theirs.get('keySerial') ?? '');
  } else {
    const stamp = timestamp(Date.now() + (how === 'early' ? FAR_MS : -FAR_MS));
    form.set('reqData', JSON.stringify({ ...content, timestamp: stamp }));
    const signed = new URLSearchParams(station.client.sign(service, content, stamp));
    form.set('sign', signed.get('sign') ?? '');
    expected = 'gateway:100002';
  }
  if (how === 'no signature') expected = 'gateway:100002';
  station.client.mean(service, content, expected);
  await station.client.once({ service, no: content.requestNo, path: '/service' }, form.toString(), chance);
}
