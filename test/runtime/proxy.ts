/** A TCP proxy in front of a real server, for what networks do: replies or requests that vanish, connections that are cut. */
import { connect, createServer, type Socket } from 'node:net';

export interface Proxy {
  /** The target's URL, through the proxy. */
  readonly url: string;
  /** From now on nothing that the server says arrives. */
  swallowReplies(): void;
  /** From now on nothing that the client says arrives. */
  swallowRequests(): void;
  /** Cuts all connections; new ones pass again. */
  cut(): void;
  /** Cuts all connections at the server's next reply, which does not arrive; new ones pass again. */
  cutAtNextReply(): void;
  close(): Promise<void>;
}

/** Opens a proxy on the loopback to the host and port of `targetUrl`. */
export async function openProxy(targetUrl: string): Promise<Proxy> {
  const target = new URL(targetUrl);
  let replies = true;
  let requests = true;
  let cutting = false;
  const sockets = new Set<Socket>();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    replies = true;
    requests = true;
    cutting = false;
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (requests) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (cutting) cut();
      else if (replies) client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    swallowReplies: () => {
      replies = false;
    },
    swallowRequests: () => {
      requests = false;
    },
    cut,
    cutAtNextReply: () => {
      cutting = true;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
