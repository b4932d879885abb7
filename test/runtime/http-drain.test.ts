/** Stopping an HTTP server: answers in hand are given, and nobody who asks nothing holds the end up. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { drainOf } from '../../runtime/http-drain.ts';
import { waitFor } from '../servers.ts';

const listening = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return address.port;
};
const closing = (server: Server) => (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

test('a connection that never asked is cut, and a request in hand gets its answer first', async () => {
  const waiting: (() => void)[] = [];
  const server = createServer((_, response) => waiting.push(() => response.end('answered')));
  const drain = drainOf(server);
  const port = await listening(server);
  const silent = connect(port, '127.0.0.1');
  silent.on('error', () => undefined);
  await once(silent, 'connect');
  const answer = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
  await waitFor(() => waiting.length === 1);
  let ended = false;
  const end = drain(closing(server)).then(() => {
    ended = true;
  });
  await once(silent, 'close');
  expect(ended).toBe(false);
  for (const give of waiting) give();
  expect(await answer).toBe('answered');
  await end;
});

test('a request that is never answered is cut at the limit', async () => {
  const asked: unknown[] = [];
  const server = createServer((request) => asked.push(request));
  const drain = drainOf(server, 200);
  const port = await listening(server);
  const answer = fetch(`http://127.0.0.1:${port}/`).catch(() => 'cut');
  await waitFor(() => asked.length === 1);
  await drain(closing(server));
  expect(await answer).toBe('cut');
});

test('a half-sent request holds nothing up', async () => {
  const server = createServer((_, response) => response.end());
  const drain = drainOf(server);
  const port = await listening(server);
  const slow = connect(port, '127.0.0.1');
  slow.on('error', () => undefined);
  await once(slow, 'connect');
  slow.write('POST / HTTP/1.1\r\nHost: x\r\n');
  await drain(closing(server));
});
