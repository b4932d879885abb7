/**
 * What a relay published on a bus that can lose what it accepted (RabbitMQ: a queue is deleted with all that lies in it), and does not know to
 * be handled yet. Such rows stay in the outbox until their receipt comes: then they are proved, and taken out. A canary's echo alone would
 * prove too much: the queue may be a new one, and of several consumers another may have taken the message.
 *
 * The rule for publishing again: a row is doubtful when its receipt has not come for a minute. A line with doubtful rows gets a canary every
 * quarter of a minute; when its receipt comes, what was doubtful when it set out was overtaken: it is lost, or its receipt is, and goes again.
 * While a consumer is merely away or behind, canaries wait behind the messages, and nothing is published twice. Only memory knows all this: a relay
 * that begins anew publishes all that it finds.
 */
import { type Family, families } from '../../contract/topology.ts';
import { quietCanaryFor } from '../bus/canary.ts';
import { type Line, lineFor, lines } from '../bus/lines.ts';
import type { Bus } from '../bus/port.ts';
import type { Staged } from './outbox.ts';

export interface ProofLimits {
  /** After so long without a receipt a row is doubtful, ms. Default a minute. */
  readonly doubtfulMs?: number;
  /** So many rows of a line may be unproved; then its families wait. Default 50,000. */
  readonly most?: number;
}

const DOUBTFUL_MS = 60_000;
const MOST = 50_000;
/** Canaries come so many times as often as rows become doubtful. */
const CANARIES = 4;
/** Not more often are rows taken out, and lines with doubtful rows looked for. */
const DELETE_MS = 500;
/** Not more often does the floor get a new mark (floor.ts). */
const MARK_MS = 50;
/** Published again at once. */
const AGAIN = 100;

interface Published {
  readonly line: string;
  readonly atMs: number;
}

export class Unproved {
  readonly #schema: string;
  readonly #bus: Pick<Bus, 'publish'>;
  readonly #doubtfulMs: number;
  readonly #most: number;
  /** In the order of their publishing. */
  readonly #rows = new Map<bigint, Published>();
  readonly #counts = new Map<string, number>();
  readonly #askAtMs = new Map<string, number>();
  /** Rows of ours, proved ones too, that a look from the floor on would find. */
  readonly #skip = new Set<bigint>();
  #proved: bigint[] = [];
  #again = new Set<bigint>();
  /** In flight: a receipt may come before the confirm. */
  #sending = new Set<bigint>();
  readonly #early = new Set<bigint>();
  #deleteAtMs = 0;
  #markAtMs = 0;
  #lookAtMs = 0;

  constructor(schema: string, bus: Pick<Bus, 'publish'>, { doubtfulMs = DOUBTFUL_MS, most = MOST }: ProofLimits = {}) {
    this.#schema = schema;
    this.#bus = bus;
    this.#doubtfulMs = doubtfulMs;
    this.#most = most;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The name of a row's receipt. */
  receiptOf(id: bigint): string {
    return `${this.#schema}:${id}`;
  }

  /** Takes receipts in; those of others are none of ours. */
  readonly hear = (receipts: readonly string[]): void => {
    for (const receipt of receipts) {
      const [schema, what = '', line = '', sentMs] = receipt.split(':');
      if (schema !== this.#schema) continue;
      if (what === 'canary') this.#overtaken(line, Number(sentMs));
      else if (/^\d{1,19}$/.test(what)) this.#prove(BigInt(what));
    }
  };

  #prove(id: bigint): void {
    const row = this.#rows.get(id);
    if (row === undefined) {
      if (this.#sending.has(id)) this.#early.add(id);
      return;
    }
    this.#forget(id, row);
    this.#proved.push(id);
  }

  #forget(id: bigint, { line }: Published): void {
    this.#rows.delete(id);
    this.#again.delete(id);
    this.#counts.set(line, (this.#counts.get(line) ?? 1) - 1);
  }

  /** A canary has arrived that was sent then. */
  #overtaken(line: string, sentMs: number): void {
    for (const [id, row] of this.#rows) {
      if (row.atMs + this.#doubtfulMs > sentMs) break;
      if (row.line === line) this.#again.add(id);
    }
  }

  /** Before a window is published. */
  sending(window: readonly Staged[]): void {
    this.#sending = new Set(window.map(({ id }) => id));
  }

  /** After it: these of it are with the bus. */
  sent(window: readonly Staged[], done: readonly bigint[]): void {
    const accepted = new Set(done);
    const atMs = performance.now();
    for (const message of window) {
      const { id } = message;
      if (!accepted.has(id) || this.#rows.has(id)) continue;
      this.#skip.add(id);
      if (this.#early.has(id)) {
        this.#proved.push(id);
        continue;
      }
      const line = lineFor(message);
      this.#rows.set(id, { line, atMs });
      this.#counts.set(line, (this.#counts.get(line) ?? 0) + 1);
    }
    this.#sending.clear();
    this.#early.clear();
  }

  /** Some that are to be published again. They count as published now, whatever comes of it: a row is not tried in a storm. */
  again(): readonly bigint[] {
    const ids = [...this.#again].slice(0, AGAIN);
    const atMs = performance.now();
    for (const id of ids) {
      const row = this.#rows.get(id);
      this.#again.delete(id);
      if (row === undefined) continue;
      this.#rows.delete(id);
      this.#rows.set(id, { ...row, atMs });
    }
    return ids;
  }

  /** After some were published again: those that were not there are nobody's; when not all was accepted, the others wait for a later canary. */
  sentAgain(ids: readonly bigint[], window: readonly Staged[], accepted: boolean): void {
    const there = new Set(window.map(({ id }) => id));
    for (const id of ids) {
      const row = this.#rows.get(id);
      if (row !== undefined && !there.has(id)) this.#forget(id, row);
    }
    if (!accepted) this.#again.clear();
  }

  /** The rows to be taken out now; undefined when that would be too soon. An empty list: the floor is in need of a mark. */
  due(): readonly bigint[] | undefined {
    const now = performance.now();
    if (this.#proved.length > 0 && now >= this.#deleteAtMs) {
      this.#deleteAtMs = now + DELETE_MS;
      this.#markAtMs = now + MARK_MS;
      return this.proved();
    }
    if (this.#skip.size === 0 || now < this.#markAtMs) return undefined;
    this.#markAtMs = now + MARK_MS;
    return [];
  }

  /** All rows to be taken out. */
  proved(): readonly bigint[] {
    const proved = this.#proved;
    this.#proved = [];
    for (const id of proved) this.#skip.delete(id);
    return proved;
  }

  /** What a look from this floor on must not find. */
  skip(floor: bigint): readonly bigint[] {
    for (const id of this.#skip) if (id < floor) this.#skip.delete(id);
    return [...this.#skip];
  }

  /** Families of lines in which too much is unproved. */
  waiting(): readonly Family[] {
    const full = lines.filter(({ name }) => (this.#counts.get(name) ?? 0) >= this.#most).map(({ queue }) => queue);
    if (full.length === 0) return [];
    return (Object.keys(families) as Family[]).filter((family) => full.includes(families[family].queue));
  }

  /** Sends canaries into lines with doubtful rows, and does not wait for them. */
  ask(): void {
    const now = performance.now();
    if (now < this.#lookAtMs) return;
    this.#lookAtMs = now + Math.min(DELETE_MS, this.#doubtfulMs);
    const doubtful = new Set<string>();
    for (const { line, atMs } of this.#rows.values()) {
      if (atMs + this.#doubtfulMs > now) break;
      doubtful.add(line);
    }
    for (const line of lines) if (doubtful.has(line.name)) this.#askIn(line, now);
  }

  #askIn(line: Line, now: number): void {
    if (now < (this.#askAtMs.get(line.name) ?? 0)) return;
    const restMs = this.#doubtfulMs / CANARIES;
    this.#askAtMs.set(line.name, now + restMs);
    const canary = quietCanaryFor(line, `${this.#schema}:canary:${line.name}:${now}`);
    void this.#bus.publish([canary], restMs).catch(() => undefined);
  }
}
