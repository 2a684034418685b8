import { relay } from '@typernetes/process';
import { type Reply, type ServerRequest, taken } from '../request/server-request.ts';
import { acceptWebSocket, offeredProtocols } from '../websocket/accept.ts';
import { webSocketDuplex } from '../websocket/duplex.ts';
import type { Backend } from './backend.ts';
import { upgradeToSpdy } from './spdy-upgrade.ts';

const prefix = 'SPDY/3.1+';

/** The protocols of SPDY that the client would tunnel through a WebSocket. */
export const tunneledProtocols = (request: ServerRequest): string[] =>
  offeredProtocols(request).flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : []));

/** SPDY in the messages of a WebSocket, for clients behind proxies that know no SPDY; unpacked here, the runtime sees SPDY alone. */
export async function tunnelPortForward(backend: Backend, request: ServerRequest): Promise<Reply> {
  const [protocol = ''] = tunneledProtocols(request);
  const runtime = await upgradeToSpdy(backend, request, [protocol]);
  try {
    relay(webSocketDuplex(await acceptWebSocket(request, `${prefix}${protocol}`)), runtime);
  } catch (error) {
    runtime.destroy();
    throw error;
  }
  return taken;
}
