/** A folder for one test's files, removed after it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const testFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'qianzhi-certs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};
