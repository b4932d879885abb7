/**
 * Logs hold no personal data: each card number, ID number, mobile and password that was sent is looked for in every line. Nor do they tell of
 * a statement that PostgreSQL could not run at all (SQLSTATE class 42: wrong, or not permitted), which no fault of the world explains.
 */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { brief, type Finding } from './finding.ts';

/** Digits in a row as long as a mobile, an ID number or a card, or a password: only these are compared. */
const CANDIDATE = /Pw-\d{9}x|\d{11,19}/g;

/** As pino writes an error of the driver's. */
const BROKEN_STATEMENT = /"code":"42[0-9A-Z]{3}"/;
/** One mistake is written again and again. */
const MOST_BROKEN = 3;

/** Looks through every file of a folder. The value itself is not repeated in a finding. */
export async function scanLogs(folder: string, personalData: readonly string[]): Promise<readonly Finding[]> {
  const secrets = new Set(personalData);
  const findings: Finding[] = [];
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    let line = 0;
    let broken = 0;
    for await (const text of createInterface({ input: createReadStream(path, 'utf8') })) {
      line += 1;
      if (BROKEN_STATEMENT.test(text)) {
        broken += 1;
        if (broken <= MOST_BROKEN)
          findings.push({ kind: 'wrong', words: `${path}:${line} a statement could not be run: ${brief(text)}` });
      }
      for (const [word] of text.matchAll(CANDIDATE)) {
        if (secrets.has(word))
          findings.push({ kind: 'wrong', words: `${path}:${line} holds personal data: ${word.length} characters` });
      }
    }
  }
  return findings;
}
