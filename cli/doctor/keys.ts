/** Settings that contradict themselves, and keys: ours and whether they work here, the authority, the sealing keys, the channels' keys. */
import { readFile } from 'node:fs/promises';
import { openChannelsOf } from '../../adapters/commands.ts';
import { ALGORITHMS } from '../../certs/algorithms.ts';
import { openAuthority } from '../../certs/authority.ts';
import { readCertificate } from '../../certs/certificate.ts';
import { openSealer } from '../../certs/seal.ts';
import { selfTestFailures } from '../../certs/self-test.ts';
import { openSigner } from '../../certs/signer.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import type { Paths } from '../installation.ts';
import { type Findings, inWords, type Trouble } from './finding.ts';

const DAY_MS = 86_400_000;
/** Earlier than this nobody need hurry, later somebody must. */
export const SOON_MS = 14 * DAY_MS;
const MEND_FILE = 'bring the file back from its copy, or name the right one in the settings';

/** What is wrong with a validity, or undefined. @param until epoch ms. */
export function expiry(what: string, until: number, now: number, todo: string): Trouble | undefined {
  if (until <= now) return { trouble: `${what} expired ${inWords(now - until)} ago`, todo };
  if (until - now < SOON_MS) return { trouble: `${what} expires in ${inWords(until - now)}`, todo };
  return undefined;
}

export async function examineSettings(findings: Findings, { gateway, adapters }: Config): Promise<void> {
  if (gateway !== undefined) {
    const { hostname, protocol } = new URL(gateway.publicUrl);
    const alone = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
    findings.add(
      `gateway.publicUrl ${gateway.publicUrl}`,
      protocol === 'https:' || alone
        ? undefined
        : {
            trouble: 'passwords typed on pages travel in the clear',
            todo: 'put TLS in front of the gateway and begin gateway.publicUrl with https',
          },
    );
  }
  if (gateway !== undefined && adapters !== undefined) {
    const todo = 'let gateway.sealingKeyFile and adapters.sealingKeyFile name copies of one file';
    await findings.look('one sealing key file for all rooms', todo, async () => {
      const [one, other] = await Promise.all([readFile(gateway.sealingKeyFile), readFile(adapters.sealingKeyFile)]);
      return one.equals(other) ? undefined : { trouble: 'adapters cannot open what the gateway seals', todo };
    });
  }
}

export async function examineKeys(findings: Findings, config: Config, paths: Paths, clock: Clock): Promise<void> {
  const { gateway, adapters } = config;
  await findings.look('signature algorithms', 'use a supported Node', async () => {
    const failures = await selfTestFailures(ALGORITHMS);
    if (failures.length === 0) return undefined;
    return {
      trouble: failures.map(({ algorithm, reason }) => `${algorithm}: ${reason}`).join('; '),
      todo: 'run another build of Node 20.19 or newer, and let OpenSSL allow these algorithms',
    };
  });
  await findings.look('certificate authority', MEND_FILE, async () => {
    const { certificatePem } = await openAuthority(paths.authority);
    const { notAfter } = readCertificate(certificatePem);
    const todo = 'make a new authority in another folder, and certify the platforms’ keys again';
    return expiry('its root certificate', notAfter.getTime(), clock.now(), todo);
  });
  if (gateway !== undefined) {
    await findings.look("the bank's signing key", MEND_FILE, async () => {
      await openSigner({ path: gateway.privateKeyFile }, gateway.keySerial, 'RSA2');
      return undefined;
    });
    await findings.look('sealing keys', MEND_FILE, async () => {
      await openSealer(gateway.sealingKeyFile);
      return undefined;
    });
  }
  if (adapters === undefined) return;
  await findings.look('channels and their keys', MEND_FILE, async () => {
    const channels = await openChannelsOf(adapters, clock);
    await Promise.all([...channels.values()].map((channel) => channel.stop()));
    return undefined;
  });
}
