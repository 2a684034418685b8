import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type ApiRequest, readBody, type UpgradedConnection } from '../transport.ts';
import { UpgradeRefusedError } from '../upgrade-refused.ts';
import {
  type ConnectionOptions,
  dialTimeoutMs,
  hostOf,
  keepAliveProbeMs,
  portOf,
  tlsConnectOptions,
  tunnelled,
} from './dial.ts';

/** Upgrades a new connection to another protocol; uses Node's client, which is loaded on first use. */
export async function upgrade(request: ApiRequest, options: ConnectionOptions): Promise<UpgradedConnection> {
  const { proxy, dial, url, tls, clock } = options;
  const place = { host: hostOf(url), port: portOf(url) };
  const { signal } = request;
  const through = dial ? await dial(place, signal) : proxy && (await tunnelled(place, { proxy, tls, clock, signal }));
  return new Promise((resolve, reject) => {
    const outgoing = start(request, options, through);
    outgoing.on('upgrade', (incoming, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ headers: headersOf(incoming), socket });
    });
    outgoing.on('response', (incoming) => {
      const status = incoming.statusCode ?? 0;
      readBody({ status, headers: headersOf(incoming), body: incoming }).then(
        (body) => reject(new UpgradeRefusedError(status, Buffer.from(body).toString('utf8'))),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(request.body);
  });
}

function start(
  { method, path, headers, repeated, body, signal }: ApiRequest,
  options: ConnectionOptions,
  through: Socket | undefined,
): ClientRequest {
  const { url } = options;
  const secure = url.protocol === 'https:';
  const { request } = secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const outgoing = request({
    hostname: hostOf(url),
    port: portOf(url),
    ...(secure ? tlsConnectOptions(options) : {}),
    agent: false,
    method,
    path,
    headers: { ...headers, ...(repeated as Record<string, string[]> | undefined), ...length },
    ...(through ? { createConnection: () => overTunnel(through, options) } : {}),
    ...(signal ? { signal } : {}),
  });
  outgoing.on('socket', (socket) => socket.setKeepAlive(true, keepAliveProbeMs));
  limitDial(outgoing, options);
  return outgoing;
}

function overTunnel(through: Socket, options: ConnectionOptions): Socket {
  if (options.url.protocol !== 'https:') return through;
  return process.getBuiltinModule('node:tls').connect({ ...tlsConnectOptions(options), socket: through });
}

function limitDial(outgoing: ClientRequest, { url, clock, connectTimeoutMs = dialTimeoutMs }: ConnectionOptions): void {
  const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect';
  outgoing.on('socket', (socket) => {
    if (!socket.connecting) return;
    const giveUp = (): void => void outgoing.destroy(new Error('dial tcp: i/o timeout'));
    const limits = [
      { event: 'connect', cancel: clock.after(connectTimeoutMs, giveUp) },
      { event: ready, cancel: clock.after(dialTimeoutMs, giveUp) },
    ];
    for (const { event, cancel } of limits) {
      socket.once(event, cancel);
      socket.once('close', cancel);
    }
  });
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}
