/** `qianzhi keys`: registers another key of a platform, revokes one, so that it can change keys without an outage. */
import type { Command } from 'commander';
import { openAuthority } from '../../certs/authority.ts';
import { addMasterKey } from '../../certs/master-key.ts';
import { listPlatforms, refusalOfKey } from '../../gateway/commands.ts';
import { databaseOf, equip, homeOf, type Paths, settingsOf } from '../installation.ts';
import { Mistake } from '../mistake.ts';
import { act } from '../operator.ts';
import { addKeyOptions, type KeyOptions, platformKey } from '../platform-key.ts';

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description("platforms' keys and our own 密钥");
  const add = keys
    .command('add <platformNo>')
    .description('certify and register another key of a platform')
    .option('--json', 'print the result as JSON');
  addKeyOptions(add).action(async (platformNo: string, options: KeyOptions & { json?: boolean }, command: Command) => {
    const paths = homeOf(command);
    const { key, files } = await platformKey(paths, platformNo, platformNo, options);
    const { url } = await databaseOf(settingsOf(paths), paths);
    const refusal = await refusalOfKey(url, platformNo, key);
    if (refusal !== undefined) throw new Mistake(refusal);
    await send(paths, platformNo, { service: 'PLATFORM_KEY_ADDED', key });
    const told = { platformNo, keySerial: key.keySerial, algorithm: key.algorithm, ...files };
    process.stdout.write(
      options.json ? `${JSON.stringify(told)}\n` : `key ${key.keySerial} of platform ${platformNo} may be used now\n`,
    );
  });

  keys
    .command('revoke <platformNo> <keySerial>')
    .description('revoke a key: messages signed with it are refused from now on')
    .action(async (platformNo: string, keySerial: string, _: object, command: Command) => {
      const paths = homeOf(command);
      await send(paths, platformNo, { service: 'PLATFORM_KEY_REVOKED', keySerial });
      const authority = await openAuthority(paths.authority);
      const issued = (await authority.issued()).some(({ serialNumber }) => serialNumber === keySerial.toUpperCase());
      if (issued) await authority.revoke(keySerial, 'unspecified');
      process.stdout.write(`key ${keySerial} of platform ${platformNo} is revoked\n`);
    });

  keys
    .command('list <platformNo>')
    .description("list a platform's keys")
    .option('--json', 'print as JSON')
    .action(async (platformNo: string, options: { json?: boolean }, command: Command) => {
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      const platform = (await listPlatforms(url)).find((one) => one.platformNo === platformNo);
      if (platform === undefined)
        throw new Mistake(`there is no platform ${platformNo}: \`qianzhi platform list\` shows them`);
      if (options.json) process.stdout.write(`${JSON.stringify(platform.keys)}\n`);
      else for (const key of platform.keys) process.stdout.write(`${key.keySerial}  ${key.algorithm}  ${key.state}\n`);
    });

  keys
    .command('rotate-sealing')
    .description('add a newer master key for sealed personal data; processes use it after a restart')
    .action(async (_: object, command: Command) => {
      const version = await addMasterKey(homeOf(command).sealingKey);
      process.stdout.write(`sealing key version ${version} is added; restart every process\n`);
    });
}

async function send(paths: Paths, platformNo: string, instruction: Parameters<typeof act>[2]): Promise<void> {
  const config = settingsOf(paths);
  const { bus } = await equip('qianzhi', config, await databaseOf(config, paths));
  try {
    await act(bus, platformNo, instruction);
  } finally {
    await bus.close();
  }
}
