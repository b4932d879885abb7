/** The others: a payment company that misbehaves, platforms whose endpoints are dead, keys that change, clearing days that end. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closeClearingDay, control } from '../../../demo/house.ts';
import type { EndpointMode } from '../interface.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';

/** How many orders or calls a misbehaviour is for; what is left of it is over with the fault. */
const TIMES = 20;

interface Misbehaviour {
  readonly name: string;
  readonly match?: Readonly<Record<string, string>>;
  readonly behaviour: Readonly<Record<string, unknown>>;
  /** It stays with the order for long: the fewer the better. */
  readonly times?: number;
}

const misbehaviours: readonly Misbehaviour[] = [
  { name: 'hangs', behaviour: { hang: true } },
  { name: 'hangs-when-asked', match: { on: 'query' }, behaviour: { hang: true } },
  { name: 'slow', behaviour: { delayAnswerMs: 1_500 } },
  { name: 'too-slow', behaviour: { delayAnswerMs: 5_000 } },
  { name: 'answers-late', behaviour: { settleAfterMs: 4_000 } },
  { name: 'loses-answers', behaviour: { loseAnswer: true } },
  { name: 'odd-codes', behaviour: { oddCode: true } },
  { name: 'tells-nothing', behaviour: { noCallback: true } },
  { name: 'tells-twice', behaviour: { repeatCallbacks: 3 } },
  { name: 'out-of-order', behaviour: { reorder: true } },
  { name: 'contradicts-itself', behaviour: { contradict: true }, times: 5 },
  { name: 'is-forged', behaviour: { forge: true } },
  { name: 'tells-another-amount', behaviour: { otherAmount: '1' }, times: 5 },
  { name: 'odd-status', behaviour: { oddStatus: true } },
  { name: 'declines', behaviour: { decline: { code: 'BANK_REFUSED', message: '银行拒绝交易' } }, times: 5 },
  {
    name: 'returns-pay-outs',
    match: { on: 'create', kind: 'payout' },
    behaviour: { returnAfterMs: 1_000 },
    times: 5,
  },
];

export function outsideKinds(world: World): readonly Kind[] {
  return [
    ...misbehaviours.map((one) => misbehave(world, one)),
    companyRestarts(world),
    dayCloses(world),
    ...(['dead', 'refusing', 'slow'] as const).map((mode) => endpoint(world, mode)),
    keyRotation(world),
  ];
}

const misbehave = (world: World, { name, match = { on: 'create' }, behaviour, times = TIMES }: Misbehaviour): Kind => ({
  name: `company.${name}`,
  touches: ['company'],
  holdMs: [1_500, 4_000],
  arm: async () => {
    const { controlUrl } = world.company;
    await control(controlUrl, 'rules', { match, times, behaviour });
    return async () => {
      const { ok, status } = await fetch(`${controlUrl}/rules`, { method: 'DELETE' });
      if (!ok) throw new Error(`the payment company keeps its rules: HTTP ${status}`);
    };
  },
});

const companyRestarts = (world: World): Kind => ({
  name: 'company.restarts',
  touches: ['company'],
  holdMs: [0, 0],
  arm: async () => {
    await world.company.restart();
    return async () => undefined;
  },
});

/** No fault, but what must go on between faults: the day is closed and settled. */
const dayCloses = (world: World): Kind => ({
  name: 'company.closes-its-day',
  touches: ['company'],
  holdMs: [0, 500],
  arm: async () => {
    await closeClearingDay(world.company.controlUrl);
    return async () => undefined;
  },
});

const endpoint = (world: World, mode: EndpointMode): Kind => ({
  name: `endpoint.${mode}`,
  touches: ['endpoint'],
  holdMs: [1_500, 5_000],
  arm: async ({ load, chance }) => {
    const { platformNo } = chance.pick(world.platforms);
    load.endpoint(platformNo, mode);
    return async () => load.endpoint(platformNo, 'well');
  },
});

/** A second key is registered, used, and the first one revoked, in full load. */
function keyRotation(world: World): Kind {
  const current = new Map(world.platforms.map(({ platformNo, keySerial }) => [platformNo, keySerial]));
  let count = 0;
  return {
    name: 'keys.rotation',
    touches: ['keys', 'postgres', 'rabbit'],
    holdMs: [0, 0],
    arm: async ({ load, chance }) => {
      const { platformNo } = chance.pick(world.platforms);
      const old = current.get(platformNo) ?? '';
      count += 1;
      const folder = join(world.home, `key-${platformNo}-${count}`);
      await rm(folder, { recursive: true, force: true });
      const printed = await world.cli('keys', 'add', platformNo, '--new-key', folder, '--json');
      const { keySerial, privateKeyFile } = JSON.parse(printed) as { keySerial: string; privateKeyFile: string };
      load.rotateKey(platformNo, { keySerial, privateKeyFile });
      current.set(platformNo, keySerial);
      await world.cli('keys', 'revoke', platformNo, old);
      return async () => undefined;
    },
  };
}
