/**
 * The platforms' notify URLs, and what is due at them: every notification's signature is verified, every one that is due must come, and one
 * that nobody asked for is a failure. The same one may come again.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './load-client.ts';

export interface Due {
  /** When it became due, milliseconds of performance.now(); undefined while the user has not paid yet. */
  since: number | undefined;
  /** Called once it came. */
  readonly told: (afterMs: number) => void;
}

export class NotifyDesk {
  readonly #due = new Map<string, Due>();
  readonly #known = new Set<string>();
  readonly #servers: Server[] = [];
  repeated = 0;
  readonly wrong: string[] = [];

  /** Listens at a platform's notify URL. */
  async listen(client: Client): Promise<void> {
    const { notifyPort, platformNo } = client.platform;
    const server = createServer((request, response) => {
      this.#take(request, client).then(
        () => response.end('SUCCESS'),
        (error: unknown) => {
          this.wrong.push(`notification of ${platformNo}: ${error instanceof Error ? error.message : String(error)}`);
          response.writeHead(400).end('refused');
        },
      );
    });
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(notifyPort, '127.0.0.1', resolve);
    });
    this.#servers.push(server);
  }

  /** A notification on this number will come; it is due from `since` on. */
  expect(platformNo: string, requestNo: string, due: Due): void {
    this.#due.set(`${platformNo} ${requestNo}`, due);
  }

  /** The number came to nothing: nothing is due on it. */
  forget(platformNo: string, requestNo: string): void {
    this.#due.delete(`${platformNo} ${requestNo}`);
  }

  /** How many are to come. */
  get open(): number {
    return this.#due.size;
  }

  /** Resolves once nothing is due any more, or with what is still missing at the deadline. */
  async complete(deadlineMs: number): Promise<readonly string[]> {
    const deadline = performance.now() + deadlineMs;
    while (this.#due.size > 0 && performance.now() < deadline) await sleep(20);
    return [...this.#due.keys()];
  }

  close(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  async #take(request: IncomingMessage, client: Client): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
    const respData = form.get('respData') ?? '';
    client.verify(respData, form.get('sign'), form.get('keySerial'));
    const { platformNo } = client.platform;
    if (form.get('platformNo') !== platformNo) throw new Error('it is for another platform');
    const { requestNo, status } = JSON.parse(respData) as { requestNo?: string; status?: string };
    const key = `${platformNo} ${requestNo}`;
    const due = this.#due.get(key);
    if (due === undefined) {
      if (!this.#known.has(key)) throw new Error(`nobody waits for ${respData.slice(0, 200)}`);
      this.repeated += 1;
      return;
    }
    if (status !== 'SUCCESS') this.wrong.push(`${form.get('serviceName')}: ${respData.slice(0, 300)}`);
    this.#due.delete(key);
    this.#known.add(key);
    due.told(performance.now() - (due.since ?? performance.now()));
  }
}
