/**
 * The example platform, a program of its own: `node main.js SETTINGS.json`. It tells its story in JSON lines on standard output (`{"step":…}`,
 * `{"waits":"dayClosed"}`, `{"done":…}`) and goes on after a wait when a line comes in on standard input.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Browser } from './browser.ts';
import { NotificationServer } from './notifications.ts';
import { PlatformClient, type PlatformSettings } from './protocol.ts';
import { tellStory } from './story.ts';

export interface ProgramSettings extends PlatformSettings {
  readonly notifyPort: number;
  /** Put before every number of the story. */
  readonly prefix: string;
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function main(file: string): Promise<void> {
  const settings = JSON.parse(readFileSync(file, 'utf8')) as ProgramSettings;
  const client = new PlatformClient(settings);
  const notifications = new NotificationServer(client);
  await notifications.listen(settings.notifyPort);
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  say({ ready: true });
  try {
    await tellStory({
      client,
      notifications,
      browser: () => new Browser(),
      told: (step) => say(step),
      dayClosed: async () => {
        say({ waits: 'dayClosed' });
        await lines.next();
      },
      prefix: settings.prefix,
    });
    say({ done: { verified: client.verified, notifications: notifications.count, refused: notifications.refused } });
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  } finally {
    notifications.close();
    process.stdin.destroy();
  }
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node main.js SETTINGS.json\n');
  process.exitCode = 2;
} else {
  await main(file);
}
