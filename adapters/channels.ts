/** The channels of a configuration, each by its kind: a closed table, so that a new kind does not compile until it is opened here. */
import type { Clock } from '../runtime/clock.ts';
import type { AdaptersConfig } from '../runtime/config.ts';
import type { Channel } from './channel.ts';
import { openPaymentCompany } from './payment-company/channel.ts';

type ChannelConfig = AdaptersConfig['channels'][string];
type Kind = ChannelConfig['kind'];

const openers: {
  readonly [K in Kind]: (
    name: string,
    settings: Extract<ChannelConfig, { readonly kind: K }>,
    clock: Clock,
  ) => Promise<Channel>;
} = {
  'payment-company': openPaymentCompany,
};

/** A channel's name is part of lots, URLs and account codes. */
const NAME = /^[A-Z][A-Z0-9]{1,19}$/;

/** Opens every configured channel. Throws Error for a name that cannot be one, KeyProblem for a key file. */
export async function openChannels(
  configured: AdaptersConfig['channels'],
  clock: Clock,
): Promise<ReadonlyMap<string, Channel>> {
  const channels = new Map<string, Channel>();
  for (const [name, settings] of Object.entries(configured)) {
    if (!NAME.test(name)) throw new Error(`channel ${name}: a name is 2 to 20 of A-Z and 0-9, e.g. PAYSIM`);
    channels.set(name, await openers[settings.kind](name, settings, clock));
  }
  return channels;
}
