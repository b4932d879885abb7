/**
 * A TCP proxy that does on purpose what networks do by chance: latency, slow drip, silence in one direction or both (late or for ever), resets,
 * refused connections, and a cut just after a request was passed on and before its reply. It stands between any two that speak TCP.
 */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Requests go from who connected to the target, replies come back. */
export type Direction = 'requests' | 'replies' | 'both';

/** How connections behave now; all of it is over with `heal`. */
interface Weather {
  /** Every chunk arrives so much later, in order. */
  readonly latencyMs?: number;
  /** Bytes a second, in small pieces. */
  readonly dripPerSecond?: number;
  /** Nothing arrives before healing; then all of it does. */
  readonly stalled?: Direction;
  /** What is said vanishes. Healing resets the connections, for what they carry now has a hole. */
  readonly vanishing?: Direction;
  /** New connections are reset. */
  readonly refusing?: boolean;
  /** A connection is reset once it has passed on a request of which this holds. */
  readonly cutAfter?: (request: Buffer) => boolean;
  /** A connection is reset instead of passing a reply on. */
  readonly cutBeforeReply?: boolean;
}

/** More than this waits in one direction of one connection only in the kernel. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;
const DRIP_BYTES = 64;
/** How long a target may take to end after we did. */
const LEFT_MS = 2_000;

export interface FaultProxy {
  readonly port: number;
  /** The target's URL, through here. */
  readonly url: string;
  latency(ms: number): void;
  drip(bytesPerSecond: number): void;
  stall(direction: Direction): void;
  vanish(direction: Direction): void;
  /** Resets all connections and every new one. */
  refuse(): void;
  /** Resets all connections; new ones pass. */
  cut(): void;
  /** Resets each connection that passes on a request of which `is` holds, before its reply, until healed. */
  cutAfter(is: (request: Buffer) => boolean): void;
  /** Resets each connection at its next reply, which does not arrive, until healed. */
  cutBeforeReply(): void;
  /** As if nothing had been. Connections whose bytes vanished are reset. */
  heal(): void;
  /** Connections that this proxy has reset, ever. */
  readonly resets: number;
  close(): Promise<void>;
}

const concerns = (direction: Direction | undefined, mine: 'requests' | 'replies'): boolean =>
  direction === 'both' || direction === mine;

/** The weather that all connections of a proxy share. */
class Climate {
  weather: Weather = {};
  resets = 0;
  readonly connections = new Set<Connection>();
  #changing = (): void => undefined;
  changed: Promise<void> = Promise.resolve();

  constructor() {
    this.turn({});
  }

  turn(next: Weather): void {
    this.weather = next;
    this.#changing();
    this.changed = new Promise((resolve) => {
      this.#changing = resolve;
    });
  }
}

class Connection {
  readonly #climate: Climate;
  readonly #client: Socket;
  readonly #upstream: Socket;
  #over = false;
  /** Something it carried is gone, or one side is: it cannot be healed. */
  broken = false;

  constructor(climate: Climate, client: Socket, target: { host: string; port: number }) {
    this.#climate = climate;
    this.#client = client;
    this.#upstream = connect({ ...target, noDelay: true, allowHalfOpen: true });
    climate.connections.add(this);
    this.#join(client, this.#upstream, 'requests');
    this.#join(this.#upstream, client, 'replies');
  }

  #join(from: Socket, to: Socket, direction: 'requests' | 'replies'): void {
    const held: { readonly chunk: Buffer | undefined; readonly at: number }[] = [];
    let heldBytes = 0;
    let passing = false;
    /** Passes chunks on in their order, each as the weather is when its turn comes. */
    const pass = async (): Promise<void> => {
      passing = true;
      for (let next = held[0]; next !== undefined && !this.#over; next = held[0]) {
        if (concerns(this.#climate.weather.stalled, direction)) {
          await this.#climate.changed;
          continue;
        }
        held.shift();
        heldBytes -= next.chunk?.length ?? 0;
        const waitMs = next.at + (this.#climate.weather.latencyMs ?? 0) - performance.now();
        if (this.#climate.weather.latencyMs !== undefined && waitMs > 0) await sleep(waitMs);
        if (concerns(this.#climate.weather.vanishing, direction)) this.broken = true;
        else if (next.chunk === undefined) to.end();
        else await this.#say(to, next.chunk, direction);
        if (heldBytes < MOST_HELD_BYTES && from.isPaused()) from.resume();
      }
      passing = false;
    };
    /** undefined is the end. */
    const take = (chunk?: Buffer): void => {
      held.push({ chunk, at: performance.now() });
      heldBytes += chunk?.length ?? 0;
      if (heldBytes >= MOST_HELD_BYTES) from.pause();
      if (!passing) void pass();
    };
    from.on('error', () => undefined);
    from.on('data', take);
    from.on('end', () => take());
    from.on('close', (failed) => {
      if (!failed) return;
      // A reset does not get through where nothing does: the other side hears of it after healing.
      this.broken = true;
      const { stalled, vanishing } = this.#climate.weather;
      if (stalled === undefined && vanishing === undefined) this.end();
    });
  }

  async #say(to: Socket, chunk: Buffer, direction: 'requests' | 'replies'): Promise<void> {
    const { cutBeforeReply, cutAfter, dripPerSecond } = this.#climate.weather;
    if (direction === 'replies' && cutBeforeReply === true) {
      this.reset();
      return;
    }
    const last = direction === 'requests' && cutAfter?.(chunk) === true;
    if (dripPerSecond === undefined) to.write(chunk);
    else await this.#drip(to, chunk);
    if (last) this.reset();
  }

  async #drip(to: Socket, chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#over; at += DRIP_BYTES) {
      to.write(chunk.subarray(at, at + DRIP_BYTES));
      const { dripPerSecond } = this.#climate.weather;
      if (dripPerSecond !== undefined) await sleep((DRIP_BYTES / dripPerSecond) * 1000);
    }
  }

  /** The client is told at once; the target gets what was passed on, and then the end. */
  reset(): void {
    if (this.#over) return;
    this.#climate.resets += 1;
    this.#client.resetAndDestroy();
    this.end();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#climate.connections.delete(this);
    this.#client.destroy();
    this.#upstream.end();
    // One that does not take the end does not stay for ever.
    const left = setTimeout(() => this.#upstream.destroy(), LEFT_MS);
    this.#upstream.once('close', () => clearTimeout(left));
  }

  /** Both sides have said their end. */
  get done(): boolean {
    return this.#over || (this.#client.destroyed && this.#upstream.destroyed);
  }
}

/** Opens a proxy on the loopback to the host and port of a URL of any scheme. @param port where it listens; default: any free one. */
export async function openFaultProxy(targetUrl: string, port = 0): Promise<FaultProxy> {
  const { hostname, port: targetPort } = new URL(targetUrl);
  const target = { host: hostname, port: Number(targetPort) };
  const climate = new Climate();
  const { connections } = climate;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    client.on('error', () => undefined);
    for (const connection of connections) if (connection.done) connections.delete(connection);
    if (climate.weather.refusing === true) client.resetAndDestroy();
    else new Connection(climate, client, target);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${address.port}`;
  const cut = (): void => {
    for (const connection of [...connections]) connection.reset();
  };

  return {
    port: address.port,
    url: url.href,
    latency: (latencyMs) => climate.turn({ latencyMs }),
    drip: (dripPerSecond) => climate.turn({ dripPerSecond }),
    stall: (stalled) => climate.turn({ stalled }),
    vanish: (vanishing) => climate.turn({ vanishing }),
    refuse: () => {
      climate.turn({ refusing: true });
      cut();
    },
    cut,
    cutAfter: (cutAfter) => climate.turn({ cutAfter }),
    cutBeforeReply: () => climate.turn({ cutBeforeReply: true }),
    heal: () => {
      climate.turn({});
      for (const connection of [...connections]) if (connection.broken) connection.reset();
    },
    get resets() {
      return climate.resets;
    },
    close: async () => {
      climate.turn({});
      for (const connection of [...connections]) connection.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
