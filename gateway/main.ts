/** The gateway as a process: a function that returns how to stop it. */
import type { Stop } from '../runtime/lifecycle.ts';
import { openGateway } from './open.ts';
import type { GatewayParts, GatewaySettings } from './settings.ts';

/**
 * Starts the gateway and listens. Stopping lets the requests in hand be answered first.
 * @throws what `openGateway` throws, and the system's error when the address cannot be listened on.
 */
export async function startGateway(settings: GatewaySettings, parts: GatewayParts): Promise<Stop> {
  const { server, stop } = await openGateway(settings, parts);
  try {
    await server.listen({ host: settings.host, port: settings.port });
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  parts.log.info({ host: settings.host, port: settings.port, publicUrl: settings.publicUrl }, 'the gateway listens');
  return stop;
}
