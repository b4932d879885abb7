/** The whole examination, from what is near (settings, keys) to what is far (servers, queues, rooms, channels). It moves no money. */
import type { Clock } from '../../runtime/clock.ts';
import { type Paths, settingsOf } from '../installation.ts';
import { examineClocks } from './clocks.ts';
import { type Finding, Findings } from './finding.ts';
import { examineKeys, examineSettings } from './keys.ts';
import { examineLines } from './lines.ts';
import { examineRooms } from './rooms.ts';
import { examineServers } from './servers.ts';

export interface ExamineOptions {
  /** Ours, which the others are held against. */
  readonly clock: Clock;
  /** How long consumers have for their canaries, ms: longer than a take-over takes. */
  readonly canaryMs: number;
}

/** Examines an installation. Throws `Mistake` and `ConfigurationError` when there are no settings to start from. */
export async function examine(paths: Paths, options: ExamineOptions): Promise<readonly Finding[]> {
  const config = settingsOf(paths);
  const findings = new Findings();
  findings.add(`settings ${paths.config}`, undefined);
  await examineSettings(findings, config);
  await examineKeys(findings, config, paths, options.clock);
  const database = await examineServers(findings, config, paths);
  await examineClocks(findings, config, database, options.clock);
  if (database !== undefined) await examineRooms(findings, database, options.clock);
  // Queues on a database that is away are not a second trouble.
  if (database !== undefined || config.bus.kind === 'rabbitmq')
    await examineLines(findings, config, database, options.canaryMs);
  return findings.all;
}
