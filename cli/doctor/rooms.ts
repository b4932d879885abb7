/** What waits in the rooms and should not: messages nobody published or answered, parked ones, differences, keys of platforms that end. */
import { countDifferences } from '../../adapters/commands.ts';
import { gatewayBacklog, listPlatforms } from '../../gateway/commands.ts';
import type { Clock } from '../../runtime/clock.ts';
import { outboxOf, parkedOf } from '../../runtime/postgres/backlog.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { roleOf } from '../../runtime/postgres/folder.ts';
import type { DatabaseUrls } from '../installation.ts';
import { type Findings, inWords, type Trouble } from './finding.ts';
import { expiry } from './keys.ts';

const ROOMS = ['ledger', 'gateway', 'adapters'] as const;
/** A relay publishes within milliseconds; older than this, it does not. */
const OUTBOX_MS = 60_000;
/** Published again three times without an answer. */
const UNANSWERED_MS = 5 * 60_000;
const TRY_AGAIN = 'run doctor again once the database answers';

export async function examineRooms(findings: Findings, { url }: DatabaseUrls, clock: Clock): Promise<void> {
  for (const room of ROOMS)
    await findings.look(`parked messages of ${room}`, TRY_AGAIN, () => examineRoom(findings, room, url));
  await findings.look('instructions without an answer', TRY_AGAIN, async () => {
    const { unanswered, oldestReceivedAt, parkedNotifications } = await gatewayBacklog(url);
    findings.add(
      'parked notifications',
      parkedNotifications === 0
        ? undefined
        : {
            trouble: `${parkedNotifications} notifications were tried in vain to the end`,
            todo: 'see `qianzhi notifications parked`, let the platform mend its endpoint, then `qianzhi notifications resend`',
          },
    );
    const ageMs = oldestReceivedAt === undefined ? 0 : clock.now() - oldestReceivedAt;
    if (ageMs <= UNANSWERED_MS) return undefined;
    return {
      trouble: `${unanswered}, the oldest taken in ${inWords(ageMs)} ago`,
      todo: 'they are published again by themselves: see that the ledger consumes its queues (below), and `qianzhi parked list`',
    };
  });
  await findings.look('differences with channels', TRY_AGAIN, async () => {
    const count = await countDifferences(url);
    if (count === 0) return undefined;
    return {
      trouble: `${count} are open`,
      todo: 'see `qianzhi channel differences`, and settle them with the channel',
    };
  });
  await findings.look("platforms' keys", TRY_AGAIN, async () => {
    for (const platform of await listPlatforms(url, clock.now())) examinePlatform(findings, platform, clock);
    return undefined;
  });
}

async function examineRoom(
  findings: Findings,
  room: (typeof ROOMS)[number],
  url: string,
): Promise<Trouble | undefined> {
  const database = openDatabase({ url, role: roleOf(room), max: 1, applicationName: 'qianzhi doctor' });
  try {
    if (room !== 'gateway') {
      const { count, ageMs } = await outboxOf(database, room);
      findings.add(
        `outbox of ${room}`,
        ageMs <= OUTBOX_MS
          ? undefined
          : {
              trouble: `${count} messages are committed and not known to be handled, the oldest for ${inWords(ageMs)}`,
              todo: `start ${room}, which publishes them, and the rooms that take them; if all run, its log says what the bus answers ("outbox: not all was accepted")`,
            },
      );
    }
    const { count, reason } = await parkedOf(database, room);
    if (count === 0) return undefined;
    return {
      trouble: `${count} are set aside, the oldest because: ${reason}`,
      todo: `see \`qianzhi parked list\`, mend the cause, then \`qianzhi parked resume ${room} ID\``,
    };
  } finally {
    await database.close();
  }
}

function examinePlatform(
  findings: Findings,
  { platformNo, keys }: Awaited<ReturnType<typeof listPlatforms>>[number],
  clock: Clock,
): void {
  const usable = keys.filter(({ state }) => state === 'valid' || state === 'not yet valid');
  const last = Math.max(...usable.map(({ validTo }) => Date.parse(validTo)));
  const todo = `let the platform make a key, then \`qianzhi keys add ${platformNo}\``;
  const why = [...new Set(keys.map(({ state }) => state))].join(', ') || 'there is none';
  findings.add(
    `keys of platform ${platformNo}`,
    usable.length === 0
      ? { trouble: `none can be used (${why}): all its messages are refused`, todo }
      : expiry('its last usable key', last, clock.now(), todo),
  );
}
