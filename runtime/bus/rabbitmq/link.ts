/**
 * A connection to RabbitMQ that is opened again whenever it is lost. What lives on it (channels, consumers, queues) is set up anew each time
 * by the setups that were registered; whatever goes wrong in one of them, the connection is thrown away, because that always repairs.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import { coalesceWrites } from '../../coalesce.ts';
import { Unavailable } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { closed } from './closing.ts';

export interface LinkOptions {
  /** `amqp://user@host:port/vhost`. */
  readonly url: string;
  readonly password?: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  readonly log: Log;
  /** Called when a broker that was short of memory or disk reads again. */
  readonly unblocked?: () => void;
}

/** Run on each new connection, in the order of registering. */
export type Setup = (model: ChannelModel) => Promise<void>;

/** A frozen peer is noticed after two of them. */
const HEARTBEAT_S = 5;
const CONNECT_MS = 5_000;
const AGAIN_MS = { first: 100, most: 5_000 };

function urlOf({ url, password }: LinkOptions): string {
  const target = new URL(url);
  if (password !== undefined) target.password = encodeURIComponent(password);
  target.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return target.href;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #setups: readonly Setup[];
  readonly #stopped = new AbortController();
  #model: ChannelModel | undefined;
  #lost: Promise<void> = Promise.resolve();
  #kept: Promise<void> | undefined;
  #giveUp = (): void => undefined;
  readonly #givenUp: Promise<void>;
  #waiting: ((model: ChannelModel) => void)[] = [];
  #blocked: string | undefined;

  constructor(options: LinkOptions, setups: readonly Setup[]) {
    this.#options = options;
    this.#setups = setups;
    this.#givenUp = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  /** Connects for the first time, and from then on for ever. Throws `Unavailable`. */
  async open(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      throw new Unavailable('RabbitMQ is away', { cause: error });
    }
    this.#kept = this.#keep();
  }

  /** The living connection with its setups done, or undefined. */
  get model(): ChannelModel | undefined {
    return this.#model;
  }

  /** Why publishing is held up by the broker, in its words. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** Waits for the living connection. Rejects when the link closes meanwhile. */
  connected(signal: AbortSignal): Promise<ChannelModel> {
    if (this.#model !== undefined) return Promise.resolve(this.#model);
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Unavailable('the link to RabbitMQ closes'));
      if (signal.aborted || this.#stopped.signal.aborted) {
        gone();
        return;
      }
      const any = AbortSignal.any([signal, this.#stopped.signal]);
      any.addEventListener('abort', gone, { once: true });
      this.#waiting.push((model) => {
        any.removeEventListener('abort', gone);
        resolve(model);
      });
    });
  }

  async #connect(): Promise<void> {
    const model = await connect(urlOf(this.#options), {
      // Without it the broker's confirms wait for the delayed acknowledgement of TCP.
      noDelay: true,
      keepAlive: true,
      keepAliveDelay: 10_000,
      timeout: CONNECT_MS,
      clientProperties: { connection_name: `qianzhi ${this.#options.name}` },
    });
    coalesceWrites((model as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream);
    let gone = false;
    const lost = new Promise<void>((resolve) => {
      model.on('error', () => undefined);
      model.on('close', () => {
        gone = true;
        if (this.#model === model) this.#model = undefined;
        this.#blocked = undefined;
        resolve();
      });
    });
    model.on('blocked', (reason) => {
      this.#blocked = reason;
    });
    model.on('unblocked', () => {
      this.#blocked = undefined;
      this.#options.unblocked?.();
    });
    try {
      for (const setup of this.#setups) await setup(model);
      if (gone) throw new Unavailable('the connection was lost while it was set up');
    } catch (error) {
      await closed(model);
      throw error;
    }
    this.#lost = lost;
    this.#model = model;
    for (const waiting of this.#waiting.splice(0)) waiting(model);
  }

  async #keep(): Promise<void> {
    let waitMs = AGAIN_MS.first;
    for (;;) {
      await Promise.race([this.#lost, this.#givenUp]);
      if (this.#stopped.signal.aborted) return;
      const { log, name } = this.#options;
      log.warn({ name }, 'bus: RabbitMQ was lost, connecting again');
      for (;;) {
        await sleep(waitMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
        if (this.#stopped.signal.aborted) return;
        try {
          await this.#connect();
          waitMs = AGAIN_MS.first;
          break;
        } catch (error) {
          log.warn({ err: error, name, waitMs }, 'bus: RabbitMQ is away');
          waitMs = Math.min(waitMs * 2, AGAIN_MS.most);
        }
      }
      if (this.#stopped.signal.aborted && this.#model !== undefined) await closed(this.#model);
    }
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    if (this.#model !== undefined) await closed(this.#model);
    // A connection that does not answer is left to its heartbeat.
    this.#giveUp();
    await this.#kept;
  }
}
