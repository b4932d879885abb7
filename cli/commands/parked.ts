/** `qianzhi parked` and `qianzhi notifications`: what was set aside for a person, and how it goes on. */
import type { Command } from 'commander';
import { listParkedNotifications, resend } from '../../gateway/commands.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { type Room, roleOf } from '../../runtime/postgres/folder.ts';
import { listParked, unpark } from '../../runtime/postgres/parked.ts';
import { databaseOf, equip, homeOf, settingsOf } from '../installation.ts';
import { Mistake } from '../mistake.ts';

type Consumer = Exclude<Room, 'bus'>;
const CONSUMERS: readonly Consumer[] = ['ledger', 'gateway', 'adapters'];

function consumerOf(room: string): Consumer {
  const found = CONSUMERS.find((consumer) => consumer === room);
  if (found === undefined) throw new Mistake(`there is no room ${room}: choose from ${CONSUMERS.join(', ')}`);
  return found;
}

export function addParkedCommands(program: Command): void {
  const parked = program.command('parked').description('bus messages that were set aside for a person 挂起消息');
  parked
    .command('list')
    .description('list parked messages of every room, oldest first, without their bodies')
    .option('--json', 'print as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      let count = 0;
      for (const room of CONSUMERS) {
        const database = openDatabase({ url, role: roleOf(room), max: 1, applicationName: 'qianzhi parked' });
        try {
          for (const row of await listParked(database, room)) {
            count += 1;
            const { id, queue, partition, platform_no: platformNo, reason, attempts, parked_at: at } = row;
            const told = { room, id: String(id), queue, partition, platformNo, attempts, at: at.toISOString(), reason };
            process.stdout.write(options.json ? `${JSON.stringify(told)}\n` : `${Object.values(told).join('  ')}\n`);
          }
        } finally {
          await database.close();
        }
      }
      if (count === 0 && !options.json) process.stdout.write('nothing is parked\n');
    });
  parked
    .command('resume <room> <id>')
    .description('publish a parked message again, once what held it up is mended')
    .action(async (name: string, id: string, _: object, command: Command) => {
      const room = consumerOf(name);
      if (!/^\d{1,18}$/.test(id)) throw new Mistake('id: the number that `qianzhi parked list` shows');
      const paths = homeOf(command);
      const config = settingsOf(paths);
      const urls = await databaseOf(config, paths);
      const { bus } = await equip('qianzhi', config, urls);
      const database = openDatabase({ url: urls.url, role: roleOf(room), max: 1, applicationName: 'qianzhi parked' });
      try {
        const publication = await unpark(database, room, bus, BigInt(id));
        if (publication === undefined) throw new Mistake(`${room} has no parked message ${id}`);
        if (publication !== 'accepted') throw new Mistake(`the bus did not take it (${publication}); it stays parked`);
        process.stdout.write(`message ${id} of ${room} is on its way again\n`);
      } finally {
        await database.close();
        await bus.close();
      }
    });
}

export function addNotificationCommands(program: Command): void {
  const notifications = program.command('notifications').description('notifications to platforms 通知');
  notifications
    .command('parked')
    .description('list notifications that were tried in vain to the end, oldest first')
    .option('--json', 'print as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      const rows = await listParkedNotifications(url);
      for (const row of rows)
        process.stdout.write(options.json ? `${JSON.stringify(row)}\n` : `${Object.values(row).join('  ')}\n`);
      if (rows.length === 0 && !options.json) process.stdout.write('no notification is parked\n');
    });
  notifications
    .command('resend <platformNo> <requestNo>')
    .description('make every notification of a number due again')
    .action(async (platformNo: string, requestNo: string, _: object, command: Command) => {
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      const count = await resend(url, platformNo, requestNo);
      if (count === 0) throw new Mistake(`platform ${platformNo} has no notification of ${requestNo}`);
      process.stdout.write(`${count} notifications of ${requestNo} are due now\n`);
    });
}
