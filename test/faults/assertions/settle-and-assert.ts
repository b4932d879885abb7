/**
 * After healing: waits until everything has come to rest, then holds the platforms' own histories, the product's database, the payment
 * company's books and the logs against each other. Every assertion that does not hold is named with where to look.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, SettledWorld, Verdict } from '../interface.ts';
import { transactionTypeOf } from '../load/chains/questions.ts';
import { readBooks, reading } from './books.ts';
import { readCompany, readUntold } from './company.ts';
import { type Finding, inWords } from './finding.ts';
import { judgeMoney } from './judge-money.ts';
import { judgeNumbers } from './judge-numbers.ts';
import { judgeOrders } from './judge-orders.ts';
import { judgeQueried, judgeTold } from './judge-told.ts';
import { scanLogs } from './logs.ts';
import { prove } from './proofs.ts';
import { restless, unsettled } from './settled.ts';
import { type Story, storyOf } from './story.ts';

/** Pages wait 100 s for their users, and orders about as long for payers. */
const REST_MS = 240_000;
const FINISH_MS = 90_000;
const LOOK_MS = 1_000;
/** At rest several times in a row: something may be between two places at one look, and a pay-out may come back soon after its success. */
const LOOKS = 4;
/** Direct numbers of a platform that are asked about; page services are all asked about. */
const MOST_DIRECT_ASKED = 150;
const ASKED_AT_ONCE = 8;

export async function settleAndAssert(world: SettledWorld, load: Load): Promise<Verdict> {
  const note = world.note ?? (() => undefined);
  const findings: Finding[] = [];
  note('what is unknown is sent until it is answered');
  for (const number of await load.finish(FINISH_MS))
    findings.push({ kind: 'lost', words: `no certain answer after healing: ${number}` });
  note('waiting until nothing moves');
  findings.push(...unsettled(await rest(world)));
  note('proving the books');
  findings.push(...(await reading(world.databaseUrl, (client) => prove(client))));
  const company = await readCompany(world.companyControlUrl);
  for (const history of load.histories()) {
    const { platformNo } = history;
    note(`judging ${platformNo}`);
    const story = await storyOf(platformNo, history.events());
    const books = await reading(world.databaseUrl, (client) => readBooks(client, platformNo));
    findings.push(...story.findings);
    findings.push(...judgeNumbers(story, books));
    findings.push(...judgeMoney(story, books, company));
    findings.push(...judgeOrders(books, company));
    findings.push(...judgeTold(story, books));
    findings.push(...(await judgeByAsking(load, story)));
  }
  const personalData = load.histories().flatMap((history) => history.personalData);
  findings.push(...(await scanLogs(world.logsFolder, personalData)));
  return verdictOf(findings);
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  const count = (kind: Finding['kind']): number => findings.filter((finding) => finding.kind === kind).length;
  return {
    lost: count('lost'),
    doubled: count('doubled'),
    undelivered: count('undelivered'),
    problems: findings.map(inWords),
  };
}

/** Waits until nothing moves; what still does at the deadline. */
async function rest(world: SettledWorld): Promise<readonly string[]> {
  const until = performance.now() + REST_MS;
  let looks = 0;
  for (;;) {
    const moving = await lookAt(world).catch((error: unknown) => [`it cannot be seen: ${String(error)}`]);
    looks = moving.length === 0 ? looks + 1 : 0;
    if (looks >= LOOKS) return [];
    if (performance.now() > until) return moving;
    await sleep(LOOK_MS);
  }
}

async function lookAt(world: SettledWorld): Promise<readonly string[]> {
  const untold = await readUntold(world.companyControlUrl);
  const moving = await reading(world.databaseUrl, (client) => restless(client, world));
  return untold === 0 ? moving : [...moving, `${untold} callbacks of the payment company were not taken`];
}

/** Asks the bank what became of numbers, as their platform, and holds it against what was told. */
async function judgeByAsking(load: Load, story: Story): Promise<readonly Finding[]> {
  const { platformNo } = story;
  const findings: Finding[] = [];
  let direct = 0;
  const asks = [...story.numbers.values()].flatMap(({ no, contents, told }) => {
    const [content] = contents.values();
    const type = content && transactionTypeOf(content.service);
    if (content === undefined || type === undefined || !(content.accepted || content.inProgress)) return [];
    if (told.size === 0) direct += 1;
    if (told.size === 0 && direct > MOST_DIRECT_ASKED) return [];
    return [{ no, type, told }];
  });
  const lane = async (): Promise<void> => {
    for (let next = asks.pop(); next !== undefined; next = asks.pop()) {
      const { no, type, told } = next;
      const question = { requestNo: no, transactionType: type };
      const answer =
        (await load.ask(platformNo, 'QUERY_TRANSACTION', question)) ??
        (await load.ask(platformNo, 'QUERY_TRANSACTION', question));
      const finding = judgeQueried(platformNo, no, answer, told);
      if (finding !== undefined) findings.push(finding);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, lane));
  return findings;
}
