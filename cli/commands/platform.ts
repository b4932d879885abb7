/** `qianzhi platform`: opens platforms, and lists them. */
import type { Command } from 'commander';
import { type BorrowerLimits, type Profile, profileRules, profiles } from '../../contract/enumerations.ts';
import { parseYuan } from '../../contract/money.ts';
import { isServiceName, type ServiceName } from '../../contract/services.ts';
import { listPlatforms, refusalOfKey, setPlatformLimit } from '../../gateway/commands.ts';
import { databaseOf, equip, homeOf, settingsOf } from '../installation.ts';
import { Mistake } from '../mistake.ts';
import { act, operate } from '../operator.ts';
import { addKeyOptions, type KeyOptions, platformKey } from '../platform-key.ts';

interface AddOptions extends KeyOptions {
  readonly name: string;
  readonly notifyUrl: string;
  readonly notifyAllow: readonly string[];
  readonly profile: string;
  readonly services: string;
  readonly withdrawDelay?: string;
  readonly borrowerLimits?: string;
  readonly json?: boolean;
}

const PLATFORM_NO = /^[0-9A-Za-z_-]{1,50}$/;

export function addPlatformCommands(program: Command): void {
  const platform = program.command('platform').description('platforms 平台');
  const add = platform
    .command('add <platformNo>')
    .description('open a platform: its accounts, its first key, its notify URL')
    .requiredOption('--name <name>', "the platform's name")
    .requiredOption('--notify-url <url>', 'where notifications are posted')
    .option('--notify-allow <cidr...>', 'private address ranges its notify URL may be in', [])
    .option('--profile <profile>', `the rules it works under: ${profiles.join(' or ')}`, 'strict')
    .option('--services <list>', 'the services it may call, comma separated; * for all that are open', '*')
    .option(
      '--withdraw-delay <minutes>',
      'how long NORMAL withdrawals wait, and can be intercepted, before they are sent',
    )
    .option(
      '--borrower-limits <limits>',
      'what each borrower may owe 标的限额监控: `profile`, or yuan of a person and of an organisation, e.g. 200000,1000000',
    )
    .option('--json', 'print the result as JSON');
  addKeyOptions(add).action(async (platformNo: string, options: AddOptions, command: Command) => {
    if (!PLATFORM_NO.test(platformNo)) throw new Mistake('platformNo: 1 to 50 letters, digits, - or _');
    const paths = homeOf(command);
    const config = settingsOf(paths);
    const registration = {
      platformNo,
      name: options.name,
      profile: profileOf(options.profile),
      notifyUrl: notifyUrlOf(options.notifyUrl),
      notifyAllow: options.notifyAllow,
      services: servicesOf(options.services),
      ...(options.withdrawDelay === undefined ? {} : { withdrawDelayMinutes: delayOf(options.withdrawDelay, 1) }),
      ...limitsOf(options.borrowerLimits, profileOf(options.profile)),
    };
    const database = await databaseOf(config, paths);
    const equipment = await equip('qianzhi', config, database);
    try {
      const { key, files } = await platformKey(paths, platformNo, options.name, options);
      const refusal = await refusalOfKey(database.url, platformNo, key);
      if (refusal !== undefined) throw new Mistake(refusal);
      await act(equipment.bus, platformNo, { service: 'PLATFORM_ADDED', platform: { ...registration, keys: [key] } });
      const told = {
        platformNo,
        keySerial: key.keySerial,
        algorithm: key.algorithm,
        ...files,
        bankKeySerial: config.gateway?.keySerial,
        bankPublicKeyFile: paths.gatewayPublicKey,
      };
      process.stdout.write(options.json ? `${JSON.stringify(told)}\n` : addedText(told));
    } finally {
      await equipment.bus.close();
    }
  });

  platform
    .command('set-limit <platformNo>')
    .description('how many messages a second are taken from a platform; more are answered 100001 with Retry-After')
    .option('--per-second <n>', 'so many of each gateway process; left out: the number in the settings')
    .action(async (platformNo: string, options: { perSecond?: string }, command: Command) => {
      const paths = homeOf(command);
      const perSecond = perSecondOf(options.perSecond);
      const { url } = await databaseOf(settingsOf(paths), paths);
      if (!(await setPlatformLimit(url, platformNo, perSecond)))
        throw new Mistake(`there is no platform ${platformNo}`);
      process.stdout.write(`Platform ${platformNo}: ${perSecond ?? 'the number in the settings'} per second.\n`);
    });

  platform
    .command('terms <platformNo>')
    .description('change the terms of a platform that is open')
    .requiredOption(
      '--withdraw-delay <minutes>',
      'how long NORMAL withdrawals wait, and can be intercepted, before they are sent; 0: they are sent at once',
    )
    .action(async (platformNo: string, options: { withdrawDelay: string }, command: Command) => {
      const withdrawDelayMinutes = delayOf(options.withdrawDelay, 0);
      await operate(command, platformNo, { service: 'PLATFORM_TERMS_SET', withdrawDelayMinutes });
      process.stdout.write(`NORMAL withdrawals of platform ${platformNo} wait ${withdrawDelayMinutes} minutes\n`);
    });

  platform
    .command('list')
    .description('list the platforms and their keys')
    .option('--json', 'print as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      const platforms = await listPlatforms(url);
      if (options.json) process.stdout.write(`${JSON.stringify(platforms)}\n`);
      else if (platforms.length === 0) process.stdout.write('no platform yet: `qianzhi platform add --help`\n');
      for (const one of options.json ? [] : platforms) {
        const limit = one.perSecond === undefined ? '' : `  at most ${one.perSecond}/s`;
        process.stdout.write(
          `${one.platformNo}  ${one.name}  ${one.state}  ${one.profile}  ${one.notifyUrl}${limit}\n`,
        );
        for (const key of one.keys) process.stdout.write(`    key ${key.keySerial}  ${key.algorithm}  ${key.state}\n`);
      }
    });
}

function addedText(told: Readonly<Record<string, string | undefined>>): string {
  return `Platform ${told['platformNo']} is open.
  its key           ${told['keySerial']} (${told['algorithm']})${told['privateKeyFile'] === undefined ? '' : `, private key in ${told['privateKeyFile']}`}
  the bank's key    ${told['bankKeySerial']}, ${told['bankPublicKeyFile']}: give it to the platform
`;
}

function perSecondOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Mistake('--per-second: a whole number from 1 to 999999');
  return Number(text);
}

/** A month: who waits longer forgot something. */
const LONGEST_DELAY = 31 * 24 * 60;

function delayOf(text: string, least: number): number {
  const minutes = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (minutes < least || minutes > LONGEST_DELAY)
    throw new Mistake(`--withdraw-delay: minutes, from ${least} to ${LONGEST_DELAY}`);
  return minutes;
}

function profileOf(text: string): Profile {
  const found = profiles.find((profile) => profile === text);
  if (found === undefined) throw new Mistake(`--profile: ${profiles.join(' or ')}`);
  return found;
}

function limitsOf(text: string | undefined, profile: Profile): { readonly limits?: BorrowerLimits } {
  if (text === undefined) return {};
  if (text === 'profile') return { limits: profileRules[profile].borrowerLimits };
  const [personal, organization, more] = text.split(',').map(parseYuan);
  if (typeof personal !== 'bigint' || typeof organization !== 'bigint' || more !== undefined)
    throw new Mistake('--borrower-limits: `profile`, or two amounts in yuan, e.g. 200000,1000000');
  return { limits: { personal, organization } };
}

function notifyUrlOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Mistake('--notify-url: an http or https URL');
  return text;
}

function servicesOf(text: string): readonly ServiceName[] | '*' {
  if (text === '*') return '*';
  const names = text.split(',').map((name) => name.trim());
  const known = names.filter(isServiceName);
  if (known.length !== names.length)
    throw new Mistake(`--services: ${names.filter((name) => !isServiceName(name)).join(', ')} is not a service`);
  return known;
}
