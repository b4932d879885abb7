/** The platform's notify URL: takes the bank's signed notifications, verifies each, answers SUCCESS, and lets the story wait for one. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Answer, type PlatformClient, readAnswer } from './protocol.ts';

export interface Notification {
  readonly serviceName: string;
  readonly respData: Answer;
}

const PATIENCE_MS = 60_000;

export class NotificationServer {
  readonly #client: PlatformClient;
  readonly #received: Notification[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #server: Server;
  /** Notifications refused because their signature was wrong. */
  refused = 0;

  constructor(client: PlatformClient) {
    this.#client = client;
    this.#server = createServer((request, response) => {
      void this.#take(request).then(
        (body) => response.end(body),
        () => {
          this.refused += 1;
          response.writeHead(400).end('refused');
        },
      );
    });
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get count(): number {
    return this.#received.length;
  }

  /** Waits for a notification that fits. */
  async waitFor(fits: (notification: Notification) => boolean, what: string): Promise<Notification> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.#received.find(fits);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no notification: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, left);
        const waiting = this.#waiting;
        function wake(): void {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        }
        waiting.add(wake);
      });
    }
  }

  /** Registers a CALLBACK that came through the browser; it is signed like a notification. */
  verifyCallback(fields: Readonly<Record<string, string>>): Answer {
    const { respData = '', sign, keySerial } = fields;
    this.#client.verify(respData, sign, keySerial);
    return readAnswer(respData);
  }

  async #take(request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
    const respData = form.get('respData') ?? '';
    this.#client.verify(respData, form.get('sign'), form.get('keySerial'));
    if (form.get('platformNo') !== this.#client.settings.platformNo) throw new Error('for another platform');
    this.#received.push({ serviceName: form.get('serviceName') ?? '', respData: readAnswer(respData) });
    for (const wake of [...this.#waiting]) wake();
    return 'SUCCESS';
  }
}
