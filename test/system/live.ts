/** Lives the example platform's story on a house, in this process, and proves the books afterwards. Hooks let a test break things midway. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { proveBooks } from '../../demo/books.ts';
import { closeClearingDay, type House, type HouseOptions, openHouse, returnPayout } from '../../demo/house.ts';
import { Browser } from '../../demo/platform/browser.ts';
import { NotificationServer } from '../../demo/platform/notifications.ts';
import { PlatformClient, type PlatformSettings } from '../../demo/platform/protocol.ts';
import { tellStory } from '../../demo/platform/story.ts';

export const PLATFORM_NO = '10001';
export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Lived {
  readonly steps: readonly string[];
  readonly client: PlatformClient;
  readonly notifications: NotificationServer;
}

/** Opens a house in a folder of its own, hands it over, and takes it down whatever happens. */
export async function inHouse(
  options: Omit<HouseOptions, 'root' | 'home'>,
  live: (house: House) => Promise<void>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'qianzhi-house-'));
  let house: House | undefined;
  try {
    house = await openHouse({ ...options, root, home });
    await live(house);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${await lastWords(home)}`, {
      cause: error,
    });
  } finally {
    await house?.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** The end of each process's log: the house is taken down, and nobody could look them up. */
async function lastWords(home: string): Promise<string> {
  const folder = join(home, 'log');
  const names = await readdir(folder).catch(() => []);
  const ends = names.map(async (name) => `${name}: …${(await readFile(join(folder, name), 'utf8')).slice(-1_500)}`);
  return (await Promise.all(ends)).join('\n');
}

/** @param afterStep called with each step's words once it is done; what it breaks, the next step meets. */
export async function liveStory(
  house: House,
  afterStep: (step: string) => Promise<void> = async () => undefined,
): Promise<Lived> {
  const settings = (await house.addPlatform(PLATFORM_NO)) as unknown as PlatformSettings & { notifyPort: number };
  const client = new PlatformClient(settings);
  const notifications = new NotificationServer(client);
  await notifications.listen(settings.notifyPort);
  const steps: string[] = [];
  try {
    await returnPayout(house.paymentCompany.controlUrl, 100_000);
    await tellStory({
      client,
      notifications,
      browser: () => new Browser(),
      told: ({ step }) => {
        steps.push(step);
        return afterStep(step);
      },
      dayClosed: () => closeClearingDay(house.paymentCompany.controlUrl),
      prefix: '',
    });
    return { steps, client, notifications };
  } finally {
    notifications.close();
  }
}

/** Throws with the words of what is wrong unless the books are those of the story and `qianzhi ledger check` finds nothing. */
export async function expectBooks(house: House): Promise<void> {
  const problems = await proveBooks(house, PLATFORM_NO);
  if (problems.wrong.length > 0) throw new Error(problems.wrong.join('\n'));
}
