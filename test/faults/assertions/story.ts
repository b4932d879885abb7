/**
 * A platform's history folded to what the judge needs of each number: which contents were sent under it, what each was answered, what was told
 * of it, and which states a query showed in which order. What is wrong in the history alone (an answer that is not signed, a state that
 * went back) is found here.
 */
import { type Answer, readAnswer } from '../../../demo/platform/protocol.ts';
import { digestOf } from '../load/content.ts';
import { type Expected, type HistoryEvent, readBody } from '../load/history.ts';
import { brief, type Finding } from './finding.ts';
import { backward, type Observed } from './states.ts';

export interface ContentStory {
  readonly digest: string;
  readonly service: string;
  readonly reqData: Readonly<Record<string, unknown>>;
  expected?: Expected;
  /** An answer said that the bank has this very content: it is done or refused, or there is a page to approve. */
  accepted: boolean;
  /** An answer said that it is in progress, which it may be until the books find that its number belongs to another content. */
  inProgress: boolean;
  /** Last words by their exact text, other than 100013. */
  readonly finals: Map<string, Answer>;
  /** Answered 100013: its number belongs to another content. */
  conflicts: number;
  /** Codes of refusals at the counter. */
  readonly gateway: Set<string>;
}

export interface NumberStory {
  readonly no: string;
  readonly contents: Map<string, ContentStory>;
  /** Notifications by service and state: what they said, and whether one of them was taken. */
  readonly told: Map<string, { readonly text: string; taken: boolean }>;
  readonly callbacks: Set<string>;
  observed?: Observed;
  /** When the bank first said that it has the number, epoch milliseconds. */
  acceptedAt?: number;
}

export interface Story {
  readonly platformNo: string;
  readonly numbers: Map<string, NumberStory>;
  readonly findings: Finding[];
  /** Messages by which the bank was asked or told anything, tries again included. */
  sent: number;
}

interface Asked {
  readonly no: string;
  readonly service: string;
  readonly at: number;
  readonly content?: ContentStory;
}

/** The state that a notification tells; it has one event for each. */
export const stateOf = (answer: Answer): string =>
  String(
    answer['withdrawStatus'] ?? answer['rechargeStatus'] ?? (answer.errorCode === undefined ? answer.status : 'FAIL'),
  );

export async function storyOf(platformNo: string, events: AsyncIterable<HistoryEvent>): Promise<Story> {
  const story: Story = { platformNo, numbers: new Map(), findings: [], sent: 0 };
  const asked = new Map<number, Asked>();
  for await (const event of events) fold(story, asked, event);
  return story;
}

function numberOf(story: Story, no: string): NumberStory {
  const known = story.numbers.get(no) ?? { no, contents: new Map(), told: new Map(), callbacks: new Set() };
  story.numbers.set(no, known);
  return known;
}

function fold(story: Story, asked: Map<number, Asked>, event: HistoryEvent): void {
  const found = (requestNo: string, words: string): void => {
    story.findings.push({ kind: 'wrong', platformNo: story.platformNo, requestNo, words });
  };
  switch (event.t) {
    case 'meant': {
      const content = numberOf(story, event.no).contents.get(event.digest);
      if (content === undefined) meant(story, event.no, event.digest, event.expected);
      else content.expected ??= event.expected;
      return;
    }
    case 'sent': {
      story.sent += 1;
      const { no, service, at } = event;
      asked.set(event.id, { no, service, at, ...(isQuery(service) ? {} : { content: contentOf(story, event) }) });
      return;
    }
    case 'shown': {
      const { content, no } = asked.get(event.id) ?? {};
      asked.delete(event.id);
      if (content === undefined || no === undefined || !event.opened) return;
      content.accepted = true;
      numberOf(story, no).acceptedAt ??= event.at;
      return;
    }
    case 'answered': {
      const question = asked.get(event.id);
      asked.delete(event.id);
      if (question === undefined) return;
      if (event.verified) answered(story, question, event.text, event.at);
      else found(question.no, `an answer that the bank did not sign: ${brief(event.text)}`);
      return;
    }
    case 'nothing':
      asked.delete(event.id);
      return;
    case 'callback': {
      if (event.verified) numberOf(story, event.no).callbacks.add(event.text);
      else found(event.no, `a CALLBACK that the bank did not sign: ${brief(event.text)}`);
      return;
    }
    case 'told':
      told(story, event);
      return;
    case 'browsed':
      story.sent += 1;
  }
}

const isQuery = (service: string): boolean => service.startsWith('QUERY_');

/** What was announced before it was sent: what it must come to, by number and digest. */
const announced = new WeakMap<Story, Map<string, Expected>>();
function meant(story: Story, no: string, digest: string, expected: Expected): void {
  const all = announced.get(story) ?? new Map<string, Expected>();
  announced.set(story, all);
  all.set(`${no} ${digest}`, expected);
}

function contentOf(story: Story, event: Extract<HistoryEvent, { t: 'sent' }>): ContentStory {
  const { service, reqData } = readBody(event.body);
  const digest = digestOf(service, reqData);
  const { contents } = numberOf(story, event.no);
  const known = contents.get(digest);
  if (known !== undefined) return known;
  const { timestamp: _, ...content } = reqData;
  const expected = announced.get(story)?.get(`${event.no} ${digest}`);
  announced.get(story)?.delete(`${event.no} ${digest}`);
  const fresh: ContentStory = {
    digest,
    service,
    reqData: content,
    ...(expected === undefined ? {} : { expected }),
    accepted: false,
    inProgress: false,
    finals: new Map(),
    conflicts: 0,
    gateway: new Set(),
  };
  contents.set(digest, fresh);
  return fresh;
}

function answered(story: Story, { no, service, at, content }: Asked, text: string, answeredAt: number): void {
  const answer = readAnswer(text);
  if (content === undefined) {
    if (service === 'QUERY_TRANSACTION') observe(story, no, answer, at, answeredAt);
    return;
  }
  if (answer.code === '1') {
    content.gateway.add(String(answer.errorCode));
    return;
  }
  if (answer.errorCode === '100013') {
    content.conflicts += 1;
    return;
  }
  if (answer.status === 'PROCESSING') {
    content.inProgress = true;
    return;
  }
  content.accepted = true;
  numberOf(story, no).acceptedAt ??= answeredAt;
  content.finals.set(text, answer);
}

/** A query's record: it may not be behind what an answer before the question was asked said. */
function observe(story: Story, no: string, answer: Answer, askedAt: number, at: number): void {
  const number = numberOf(story, no);
  const record = (answer['records'] as readonly Readonly<Record<string, unknown>>[] | undefined)?.[0];
  if (record === undefined) {
    if (answer.errorCode === '100007' && number.acceptedAt !== undefined && number.acceptedAt < askedAt)
      story.findings.push({
        kind: 'lost',
        platformNo: story.platformNo,
        requestNo: no,
        words: 'the bank had taken this number, and afterwards a query found nothing (100007)',
      });
    return;
  }
  const now: Observed = { at, record };
  const before = number.observed;
  const words = before === undefined || before.at >= askedAt ? undefined : backward(before.record, record);
  if (words !== undefined) story.findings.push({ kind: 'wrong', platformNo: story.platformNo, requestNo: no, words });
  if (before === undefined || before.at < at) number.observed = now;
}

function told(story: Story, event: Extract<HistoryEvent, { t: 'told' }>): void {
  const { platformNo } = story;
  if (!event.verified) {
    const words = `a notification that the bank did not sign: ${brief(event.text)}`;
    story.findings.push({ kind: 'wrong', platformNo, words });
    return;
  }
  const answer = readAnswer(event.text);
  const no = String(answer['withdrawRequestNo'] ?? answer.requestNo ?? '');
  const key = `${event.service} ${stateOf(answer)}`;
  const number = numberOf(story, no);
  const before = number.told.get(key);
  if (before !== undefined && before.text !== event.text)
    story.findings.push({
      kind: 'wrong',
      platformNo,
      requestNo: no,
      words: `was told ${key} twice with different words: ${brief(before.text)} and ${brief(event.text)}`,
    });
  number.told.set(key, { text: before?.text ?? event.text, taken: event.taken || before?.taken === true });
}
