/** The fault proxy between a client and an echoing server: each kind of weather does what it says, and healing ends it. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../servers.ts';
import { type FaultProxy, openFaultProxy } from './proxy.ts';

let server: Server;
let proxy: FaultProxy;
/** What the server heard. */
let heard = '';
const accepted = new Set<Socket>();
const clients: Client[] = [];

interface Client {
  readonly socket: Socket;
  readonly said: () => string;
  readonly ended: () => boolean;
}

beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    accepted.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard += bytes.toString();
      socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  proxy = await openFaultProxy(`tcp://127.0.0.1:${address.port}`);
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  for (const socket of accepted) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function open(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1');
  let said = '';
  let ended = false;
  socket.on('data', (bytes) => {
    said += bytes.toString();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
  });
  const client = { socket, said: () => said, ended: () => ended };
  clients.push(client);
  await once(socket, 'connect');
  return client;
}

const echoed = (client: Client, text: string): Promise<unknown> =>
  waitFor(() => client.said() === text, { what: `the echo ${text}` });

test('bytes pass unchanged and in order, and the end of one side reaches the other', async () => {
  const client = await open();
  const long = 'x'.repeat(1_000_000);
  client.socket.write(long);
  await echoed(client, long);
  client.socket.end();
  await waitFor(client.ended);
});

test('latency delays what is said, and keeps its order', async () => {
  const client = await open();
  proxy.latency(100);
  const began = performance.now();
  for (const text of ['a', 'b', 'c']) client.socket.write(text);
  await echoed(client, 'abc');
  expect(performance.now() - began).toBeGreaterThanOrEqual(195);
});

test('a stall holds everything back, and healing delivers all of it', async () => {
  const client = await open();
  proxy.stall('replies');
  client.socket.write('held');
  await waitFor(() => heard === 'held');
  expect(client.said()).toBe('');
  proxy.heal();
  await echoed(client, 'held');
});

test('what vanishes never arrives, and healing resets the connection it vanished from', async () => {
  const [client, quiet] = [await open(), await open()];
  proxy.vanish('requests');
  client.socket.write('gone');
  await sleep(50);
  proxy.heal();
  await waitFor(client.ended);
  expect(heard).toBe('');
  quiet.socket.write('still here');
  await echoed(quiet, 'still here');
});

test('a slow drip delivers all of it in time', async () => {
  const client = await open();
  proxy.drip(1_280);
  const began = performance.now();
  client.socket.write('y'.repeat(256));
  await echoed(client, 'y'.repeat(256));
  expect(performance.now() - began).toBeGreaterThan(150);
});

test('refusing resets the living and the new, until healed', async () => {
  const client = await open();
  client.socket.write('a');
  await echoed(client, 'a');
  proxy.refuse();
  await waitFor(client.ended);
  const refused = await open().catch(() => undefined);
  if (refused !== undefined) await waitFor(refused.ended);
  proxy.heal();
  const again = await open();
  again.socket.write('b');
  await echoed(again, 'b');
});

test('a cut after a request lets the server hear it and the client no answer', async () => {
  const client = await open();
  proxy.cutAfter((request) => request.includes('COMMIT'));
  client.socket.write('BEGIN');
  await echoed(client, 'BEGIN');
  client.socket.write('COMMIT');
  await waitFor(client.ended);
  await waitFor(() => heard === 'BEGINCOMMIT');
  expect(client.said()).toBe('BEGIN');
  expect(proxy.resets).toBe(1);
});

test('a cut before the reply loses that reply only', async () => {
  const client = await open();
  proxy.cutBeforeReply();
  client.socket.write('asked');
  await waitFor(client.ended);
  expect(heard).toBe('asked');
  expect(client.said()).toBe('');
  proxy.heal();
  const again = await open();
  again.socket.write('asked');
  await echoed(again, 'asked');
});
