/** A platform's notify URL in good and bad times. It keeps every notification that reaches it, also those that it does not take. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, readAnswer } from '../../../demo/platform/protocol.ts';
import type { EndpointMode } from '../interface.ts';
import type { LoadClient } from './client.ts';

export interface Told {
  readonly service: string;
  readonly respData: Answer;
}

/** Longer than the bank waits for a platform. */
const SLOW_MS = 12_000;
const BIND_AGAIN_MS = 200;

export interface Endpoint {
  mode(mode: EndpointMode): void;
  /** Hears every notification whose signature held and that was taken. Answers how to stop hearing. */
  hear(listener: (told: Told) => void): () => void;
  readonly count: number;
  close(): Promise<void>;
}

/** Opens the endpoint; it listens as soon as its port is free. */
export function openEndpoint(client: LoadClient): Endpoint {
  const { notifyPort, platformNo } = client.credentials;
  const listeners = new Set<(told: Told) => void>();
  let mode: EndpointMode = 'well';
  let server: Server | undefined;
  let closed = false;
  let count = 0;

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const form = new URLSearchParams(body);
    const text = form.get('respData') ?? '';
    const service = form.get('serviceName') ?? '';
    const verified =
      client.verified(text, form.get('sign'), form.get('keySerial')) && form.get('platformNo') === platformNo;
    const as = mode;
    const taken = verified && as === 'well';
    client.history.add({ t: 'told', at: Date.now(), service, text, verified, taken });
    if (as === 'slow') await sleep(SLOW_MS);
    if (!taken) {
      response.writeHead(verified ? 500 : 400).end('refused');
      return;
    }
    response.end('SUCCESS');
    count += 1;
    const told = { service, respData: readAnswer(text) };
    for (const listener of [...listeners]) listener(told);
  };

  const open = (): void => {
    if (server !== undefined || closed || mode === 'dead') return;
    const opening = createServer((request, response) => {
      take(request, response).catch(() => response.destroy());
    });
    server = opening;
    opening.once('error', () => {
      server = undefined;
      setTimeout(open, BIND_AGAIN_MS);
    });
    opening.listen(notifyPort, '127.0.0.1');
  };
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      const closing = server;
      server = undefined;
      if (closing === undefined) return resolve();
      closing.close(() => resolve());
      closing.closeAllConnections();
    });
  open();

  return {
    mode: (next) => {
      mode = next;
      if (next === 'dead') void shut();
      else open();
    },
    hear: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get count() {
      return count;
    },
    close: () => {
      closed = true;
      return shut();
    },
  };
}
