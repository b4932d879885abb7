/**
 * Every number that a platform sent, against the claims of the books: what was accepted is there once, with the content that was accepted and
 * the answer that was given; what was refused or forged is not there as money; and what nobody sent is not there at all.
 */
import type { Books, Claim } from './books.ts';
import { brief, type Finding, type Kind } from './finding.ts';
import type { ContentStory, NumberStory, Story } from './story.ts';

export function judgeNumbers(story: Story, books: Books): readonly Finding[] {
  const { platformNo } = story;
  const claims = new Map(
    books.claims.filter(({ origin }) => origin === 'PLATFORM').map((claim) => [claim.number, claim]),
  );
  const findings: Finding[] = [];
  for (const number of story.numbers.values()) {
    const found = (kind: Kind, words: string): void => {
      findings.push({ kind, platformNo, requestNo: number.no, words });
    };
    if (number.contents.size > 0) judgeNumber(number, claims.get(number.no), found);
  }
  for (const { number, service } of claims.values()) {
    if ((story.numbers.get(number)?.contents.size ?? 0) === 0) {
      const words = `the books have ${service} ${number}, which the platform never sent`;
      findings.push({ kind: 'doubled', platformNo, requestNo: number, words });
    }
  }
  return [...findings, ...judgePages(story, books, claims)];
}

type Found = (kind: Kind, words: string) => void;

/** The counter refuses it for good: neither overload nor a clock that was wrong for a while. */
const isForged = ({ expected }: ContentStory): boolean => expected?.startsWith('gateway:') === true;

function judgeNumber(number: NumberStory, claim: Claim | undefined, found: Found): void {
  const contents = [...number.contents.values()];
  const forged = contents.filter(
    (content) => isForged(content) || (content.expected === undefined && contents.some(isForged)),
  );
  if (forged.length > 0) {
    if (claim !== undefined) found('wrong', 'what was forged or stale when it was sent is claimed in the books');
    for (const content of forged) judgeForged(content, found);
    return;
  }
  if (claim !== undefined && !number.contents.has(claim.digest))
    found('doubled', `the books have a content of this number that was never sent (digest ${claim.digest})`);
  if (claim?.state === 'OPEN') found('wrong', `${claim.service} has no final state`);
  for (const content of contents) judgeContent(content, claim, found);
  if (contents.some(({ expected }) => expected === 'conflict')) {
    if (claim?.state !== 'DONE') found('lost', 'of several contents sent at once none was done');
  }
}

function judgeForged(content: ContentStory, found: Found): void {
  if (content.accepted || content.inProgress) found('wrong', 'a forged or stale message was taken');
  const expected = content.expected?.slice('gateway:'.length);
  for (const code of content.gateway) {
    // Overload may come before anything is looked at; a clock that jumps makes an hour of messages stale.
    if (expected !== undefined && code !== expected && code !== '100001' && code !== '100002')
      found('wrong', `a forged message was refused with ${code} instead of ${expected}`);
  }
}

function judgeContent(content: ContentStory, claim: Claim | undefined, found: Found): void {
  const { service, digest, finals } = content;
  const mine = claim?.digest === digest ? claim : undefined;
  if ((content.accepted || content.inProgress) && claim === undefined)
    found('lost', `${service} was accepted and is not in the books`);
  else if (content.accepted && mine === undefined)
    found('lost', `${service} was accepted, and the books have another content of its number`);
  else if (content.inProgress && mine === undefined && content.conflicts === 0)
    found('wrong', `${service} was in progress, and never heard that its number belongs to another content`);
  if (finals.size > 1) {
    const answers = [...finals.keys()].map((text) => brief(text)).join(' and ');
    found('wrong', `${service} had different last words for the same content: ${answers}`);
  }
  for (const { status, errorCode } of finals.values()) {
    if (status === 'SUCCESS' && mine !== undefined && mine.state !== 'DONE')
      found('lost', `${service} was answered SUCCESS, and the books say ${mine.state} ${mine.errorCode ?? ''}`);
    if (status === 'INIT' && mine?.state === 'DONE')
      found('doubled', `${service} was refused with ${errorCode}, and the books have done it`);
    if (status === 'INIT' && mine?.state === 'REFUSED' && mine.errorCode !== errorCode)
      found('wrong', `${service} was refused with ${errorCode}, and the books say ${mine.errorCode}`);
  }
  if (content.conflicts > 0 && mine !== undefined)
    found('wrong', `${service} was answered 100013 although the books have its very content`);
  if (content.conflicts > 0 && claim === undefined)
    found('wrong', `${service} was answered 100013, and the books do not have its number`);
  judgeExpected(content, mine, found);
}

function judgeExpected({ service, expected, finals, conflicts }: ContentStory, mine: Claim | undefined, found: Found) {
  if (expected === 'success') {
    if (mine === undefined) found('lost', `${service} must be done, and the books do not have it`);
    else if (mine.state === 'REFUSED') found('wrong', `${service} must succeed, and was refused: ${mine.errorCode}`);
    if (![...finals.values()].some(({ status }) => status === 'SUCCESS'))
      found('wrong', `${service} must succeed, and was never answered SUCCESS`);
  }
  if (expected === 'refused:100013') {
    if (mine !== undefined) found('doubled', `${service} with other content took its number over`);
    if (conflicts === 0) found('wrong', `${service} with other content was never answered 100013`);
  } else if (expected?.startsWith('refused:') === true) {
    const code = expected.slice('refused:'.length);
    if (mine?.state === 'DONE') found('doubled', `${service} must be refused, and was done`);
    else if (code !== 'any' && mine?.state === 'REFUSED' && mine.errorCode !== code)
      found('wrong', `${service} must be refused with ${code}, and was with ${mine.errorCode}`);
  }
}

/** Acts on pages belong to pages that the platform opened. */
function judgePages(story: Story, books: Books, claims: ReadonlyMap<string, Claim>): readonly Finding[] {
  return books.claims
    .filter(({ origin, number }) => origin === 'PAGE' && !claims.has(number.replace(/:(?:approved|ended)$/, '')))
    .map(({ number }) => ({
      kind: 'doubled' as const,
      platformNo: story.platformNo,
      requestNo: number,
      words: 'the books have an act on a page that was never opened',
    }));
}
