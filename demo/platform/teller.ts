/**
 * Carries out one step of the story at a time: sends, retries while the bank says "in progress" or is away (always the same number and
 * content), walks the pages as the user would, waits for the notification, checks, and tells what happened.
 */
import { type Browser, formsOf, type Page } from './browser.ts';
import type { Notification, NotificationServer } from './notifications.ts';
import type { Answer, PlatformClient } from './protocol.ts';

export interface Customer {
  readonly userNo: string;
  readonly password: string;
  readonly role: 'INVESTOR' | 'BORROWERS' | 'GUARANTEECORP' | 'COLLABORATOR' | 'SUPPLIER';
  /** The password before, where a page changes it. */
  readonly oldPassword?: string;
}

/** One line of the story's table. */
export interface Step {
  readonly step: string;
  readonly message: string;
  readonly answer: string;
  readonly notification: string;
  readonly ms: number;
}

/** Fields with their values; amounts are yuan with 2 decimals, as text. */
export type Facts = Readonly<Record<string, string>>;

export interface TellerTools {
  readonly client: PlatformClient;
  readonly notifications: NotificationServer;
  readonly browser: () => Browser;
  /** Told after each step; the story goes on once it resolves. */
  readonly told: (step: Step) => void | Promise<void>;
}

const PATIENCE_MS = 60_000;
const PAUSE_MS = 250;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

export class Teller {
  readonly #tools: TellerTools;
  readonly #answers = new Map<string, Answer>();

  constructor(tools: TellerTools) {
    this.#tools = tools;
  }

  /** A direct service that must succeed. */
  async direct(step: string, serviceName: string, request: object): Promise<void> {
    const started = Date.now();
    const answer = await this.#final(serviceName, request);
    if (answer.code !== '0' || answer.status !== 'SUCCESS') throw this.#wrong(step, answer);
    this.#answers.set(numberOf(request), answer);
    await this.#tell(step, serviceName, request, answer, '', started);
  }

  /** The same message again, with a new timestamp: it must answer the same. */
  async again(step: string, serviceName: string, request: object): Promise<void> {
    const started = Date.now();
    const answer = await this.#final(serviceName, request);
    const first = this.#answers.get(numberOf(request));
    if (JSON.stringify(answer) !== JSON.stringify(first)) throw this.#wrong(step, answer);
    await this.#tell(step, serviceName, request, answer, '', started);
  }

  /** A message that the business must refuse with this code. */
  async refused(step: string, serviceName: string, request: object, errorCode: string): Promise<void> {
    const started = Date.now();
    const answer = await this.#final(serviceName, request);
    if (answer.code !== '0' || answer.status !== 'INIT' || answer.errorCode !== errorCode)
      throw this.#wrong(step, answer);
    await this.#tell(step, serviceName, request, answer, '', started);
  }

  /** A page service: the user approves it in his browser, pays where asked to, and the platform waits for the notification. */
  async page(
    step: string,
    serviceName: string,
    request: object,
    customer: Customer | undefined,
    expected: Facts = {},
  ): Promise<void> {
    const started = Date.now();
    const callback = await this.#walk(serviceName, request, customer);
    const requestNo = numberOf(request);
    const [key, value] = Object.entries(expected)[0] ?? ['status', 'SUCCESS'];
    const ended = ({ respData }: Notification): boolean =>
      respData.requestNo === requestNo &&
      (respData[key] === value || respData[key] === 'FAIL' || respData.errorCode !== undefined);
    const { respData } = await this.#tools.notifications.waitFor(
      (notification) => notification.serviceName === serviceName && ended(notification),
      `${serviceName} ${requestNo} ${key} ${value}`,
    );
    if (respData.status !== 'SUCCESS' || respData[key] !== value) throw this.#wrong(step, respData);
    await this.#tell(
      step,
      serviceName,
      request,
      callback,
      `${respData.status} ${respData[key] === respData.status ? '' : respData[key]}`.trim(),
      started,
    );
  }

  /** A page service of which no last word is waited for: the user approves it and is sent back, which must say what is expected. */
  async approved(
    step: string,
    serviceName: string,
    request: object,
    customer: Customer,
    expected: Facts = {},
  ): Promise<void> {
    const started = Date.now();
    const callback = await this.#walk(serviceName, request, customer);
    const wrong = differing(callback, expected);
    if (wrong.length > 0) throw this.#wrong(`${step}: ${wrong.join(', ')}`, callback);
    await this.#tell(step, serviceName, request, callback, '', started);
  }

  /** A notification that no message of ours asked for: the one that says `about`, which must say `expected` too. */
  async told(step: string, serviceName: string, about: Facts, expected: Facts): Promise<void> {
    const started = Date.now();
    const { respData } = await this.#tools.notifications.waitFor(
      (notification) =>
        notification.serviceName === serviceName && differing(notification.respData, about).length === 0,
      serviceName,
    );
    const wrong = differing(respData, expected);
    if (wrong.length > 0) throw this.#wrong(`${step}: ${wrong.join(', ')}`, respData);
    const notification = `${serviceName} ${respData.status}`;
    await this.#tools.told({ step, message: '', answer: '', notification, ms: Date.now() - started });
  }

  /** Asks until the user's figures are as expected, which they must become; each is yuan with 2 decimals. */
  balances(step: string, platformUserNo: string, expected: Facts): Promise<void> {
    return this.query(step, 'QUERY_USER_INFORMATION', { platformUserNo }, (answer) => answer, expected);
  }

  /** Asks until what `part` takes out of the answer says what is expected. */
  async query(
    step: string,
    serviceName: string,
    request: object,
    part: (answer: Answer) => Readonly<Record<string, unknown>>,
    expected: Facts,
  ): Promise<void> {
    const started = Date.now();
    const deadline = started + PATIENCE_MS;
    for (;;) {
      const answer = await this.#final(serviceName, request);
      const wrong = answer.status === 'SUCCESS' ? differing(part(answer), expected) : ['status'];
      if (wrong.length === 0) {
        const shown = Object.entries(expected).map(([name, value]) => `${name} ${value}`);
        await this.#tell(step, serviceName, request, { ...answer, shown: shown.join(', ') }, '', started);
        return;
      }
      if (Date.now() > deadline) throw this.#wrong(`${step}: ${wrong.join(', ')}`, answer);
      await pause();
    }
  }

  /** Sends until the answer is final. The number and the content stay, so nothing can be done twice. */
  async #final(serviceName: string, request: object): Promise<Answer> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.#tools.client.call(serviceName, request).catch((error: unknown) => error as Error);
      if (!(answer instanceof Error) && answer.status !== 'PROCESSING' && answer.errorCode !== '100001') return answer;
      if (answer instanceof Error && !(answer instanceof TypeError)) throw answer;
      if (Date.now() > deadline) throw answer instanceof Error ? answer : this.#wrong(serviceName, answer);
      await pause();
    }
  }

  /** Goes through the bank's pages until the browser is sent back to the platform; gives the signed CALLBACK. */
  async #walk(serviceName: string, request: object, customer: Customer | undefined): Promise<Answer> {
    const { client, notifications } = this.#tools;
    const redirectUrl = `http://platform.example/back/${numberOf(request)}`;
    const message = { ...request, redirectUrl };
    const { password = '', oldPassword = '' } = customer ?? {};
    const typed = customer === undefined ? {} : { password, passwordAgain: password, oldPassword };
    const deadline = Date.now() + PATIENCE_MS;
    let last: unknown;
    while (Date.now() < deadline) {
      const browser = this.#tools.browser();
      try {
        let page = await browser.post(`${client.settings.gatewayUrl}/gateway`, client.envelope(serviceName, message));
        for (let clicks = 0; clicks < 8; clicks += 1) {
          page = await browser.settle(page);
          const [form] = formsOf(page);
          if (form === undefined || page.status >= 500) break;
          if (form.action.startsWith(redirectUrl)) return notifications.verifyCallback(form.fields);
          page = await this.#press(browser, page, typed);
        }
        last = new Error(`${serviceName} ${numberOf(request)}: HTTP ${page.status}: ${wordsOf(page.html)}`);
      } catch (error) {
        last = error;
      }
      await pause();
    }
    throw last;
  }

  #press(browser: Browser, page: Page, typed: Readonly<Record<string, string>>): Promise<Page> {
    const onBank = page.url.startsWith(this.#tools.client.settings.gatewayUrl);
    const asked = formsOf(page)[0]?.empty ?? [];
    const filled = Object.fromEntries(Object.entries(typed).filter(([name]) => asked.includes(name)));
    return browser.submit(page, onBank ? filled : {}, onBank ? 'approve' : 'pay');
  }

  async #tell(
    step: string,
    serviceName: string,
    request: object,
    answer: Answer,
    notification: string,
    started: number,
  ): Promise<void> {
    const said =
      answer['shown'] ??
      [answer.status, answer.errorCode, answer.errorMessage].filter((part) => part !== undefined).join(' ');
    await this.#tools.told({
      step,
      message: `${serviceName} ${numberOf(request)}`.trim(),
      answer: String(said),
      notification,
      ms: Date.now() - started,
    });
  }

  #wrong(step: string, answer: Answer): Error {
    return new Error(`${step}: the bank answered ${JSON.stringify(answer)}`);
  }
}

/** The names under which something does not say what is expected. */
const differing = (said: Readonly<Record<string, unknown>>, expected: Facts): readonly string[] =>
  Object.entries(expected)
    .filter(([name, value]) => said[name] !== value)
    .map(([name]) => name);

/** What a person reads on a page. */
const wordsOf = (html: string): string =>
  html
    .replace(/<(style|head)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .slice(0, 300);

const numberOf = (request: object): string => String((request as { requestNo?: string }).requestNo ?? '');
