/**
 * One platform at work: its client and endpoint, its users and projects, the numbers it gives out, and what it is still unsure of. Chains of
 * instructions run on it; each step waits for the one before, so that what every number must come to is known.
 */
import type { Answer } from '../../../demo/platform/protocol.ts';
import type { NewKey, PlatformCredentials } from '../interface.ts';
import type { Chance } from './chance.ts';
import { type Content, isFinal, LoadClient } from './client.ts';
import { type Endpoint, openEndpoint, type Told } from './endpoint.ts';
import type { Expected, History } from './history.ts';
import type { Pace } from './pace.ts';
import { pageContent, type Visit, type Visited, visit, type Way } from './pages.ts';
import { personalDataOf, type User } from './people.ts';

export interface Project {
  readonly projectNo: string;
  readonly borrower: User;
  status: 'COLLECTING' | 'REPAYING';
  /** Chains that still bid on it or release from it. */
  using: number;
  bids: number;
}

/** What a borrower owes an investor of a project, in fen. */
export interface Loan {
  readonly project: Project;
  readonly investor: User;
  readonly principal: number;
}

/** A message that had its last word, to be sent again. */
export interface Old {
  readonly service: string;
  readonly content: Content;
  readonly body: string;
  readonly at: number;
  readonly answer: Answer;
}

/** What had no certain answer when the load gave up waiting. */
export interface Unfinished {
  readonly service: string;
  readonly content: Content;
  readonly path: '/service' | '/gateway';
}

export interface StationParts {
  readonly credentials: PlatformCredentials;
  readonly gatewayUrls: readonly string[];
  readonly history: History;
  readonly chance: Chance;
  readonly pace: Pace;
  /** Aborted when the load no longer waits for certain answers. */
  readonly giveUp: () => AbortSignal;
  readonly companyUrl: string;
}

const MOST_REMEMBERED = 400;

export class Station {
  readonly client: LoadClient;
  readonly endpoint: Endpoint;
  readonly chance: Chance;
  readonly pace: Pace;
  readonly giveUp: () => AbortSignal;
  readonly companyUrl: string;
  readonly gatewayUrls: readonly string[];
  readonly investors: User[] = [];
  readonly borrowers: User[] = [];
  /** An investor who has nothing. */
  poor: User | undefined;
  readonly projects: Project[] = [];
  readonly loans: Loan[] = [];
  readonly old: Old[] = [];
  readonly personalData: string[] = [];
  unfinished: Unfinished[] = [];
  /** Users' money has reached the custody account, so that some of it can leave. */
  arrived = false;
  sent = 0;
  answered = 0;
  #numbers = 0;
  #turns = 0;

  constructor(parts: StationParts) {
    this.client = new LoadClient(parts);
    this.endpoint = openEndpoint(this.client);
    this.chance = parts.chance;
    this.pace = parts.pace;
    this.giveUp = parts.giveUp;
    this.companyUrl = parts.companyUrl;
    this.gatewayUrls = parts.gatewayUrls;
  }

  get platformNo(): string {
    return this.client.credentials.platformNo;
  }

  no(prefix: string): string {
    this.#numbers += 1;
    return `${prefix}${String(this.#numbers).padStart(7, '0')}`;
  }

  /** A fork of chance for the next chain. */
  nextChance(): Chance {
    this.#turns += 1;
    return this.chance.fork(String(this.#turns));
  }

  rotate(key: NewKey): void {
    this.client.rotate(key);
  }

  knows(user: User): void {
    this.personalData.push(...personalDataOf(user));
  }

  /** Sends a direct instruction until its answer is certain; undefined when the load gave up. */
  async instruct(service: string, content: Content, expected: Expected, chance: Chance): Promise<Answer | undefined> {
    this.sent += 1;
    this.client.mean(service, content, expected);
    const first = { body: this.client.sign(service, content), at: Date.now() };
    const answer = await this.client.settle(service, content, chance, this.giveUp(), first);
    if (answer === undefined) {
      this.unfinished.push({ service, content, path: '/service' });
      return undefined;
    }
    this.answered += 1;
    if (isFinal(answer)) this.remember({ service, content, ...first, answer });
    return answer;
  }

  /** Whether a direct instruction was done. */
  async succeeds(service: string, content: Content, chance: Chance): Promise<boolean> {
    return (await this.instruct(service, content, 'success', chance))?.status === 'SUCCESS';
  }

  /** A page service, its user's way through it, and the end of it as the platform hears it. */
  async page(
    service: string,
    asked: Content,
    user: { readonly password?: string },
    { way, expected }: { readonly way: Way; readonly expected: Expected },
    chance: Chance,
  ): Promise<Visited> {
    this.sent += 1;
    const content = pageContent(asked);
    this.client.mean(service, content, expected);
    const { password } = user;
    const visiting: Visit = { service, content, way, ...(password === undefined ? {} : { password }) };
    const visited = await visit(this.client, this.gatewayUrls, visiting, chance, this.giveUp());
    if (visited === undefined) this.unfinished.push({ service, content, path: '/gateway' });
    else this.answered += 1;
    return visited;
  }

  /** Waits for a notification of a number that fits; false when it did not come in time. */
  told(requestNo: string, fits: (told: Told) => boolean, patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (came: boolean): void => {
        clearTimeout(timer);
        stopHearing();
        resolve(came);
      };
      const timer = setTimeout(() => done(false), patienceMs);
      const stopHearing = this.endpoint.hear((told) => {
        if (told.respData.requestNo === requestNo && fits(told)) done(true);
      });
    });
  }

  remember(old: Old): void {
    if (this.old.length < MOST_REMEMBERED) this.old.push(old);
    else this.old[this.#turns % MOST_REMEMBERED] = old;
  }

  /** What was given up is sent until its answer is certain, now that nothing is broken any more. */
  async finish(): Promise<void> {
    const { unfinished } = this;
    this.unfinished = [];
    await Promise.all(
      unfinished.map(async (one) => {
        const chance = this.chance.fork(`finish/${one.content.requestNo}`);
        const answer = await this.client.settle(one.service, one.content, chance, this.giveUp(), undefined, one.path);
        if (answer === undefined) this.unfinished.push(one);
        else this.answered += 1;
      }),
    );
  }
}
