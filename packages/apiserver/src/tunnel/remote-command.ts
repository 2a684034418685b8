import type { Duplex } from 'node:stream';
import { type SpdyStream, spdySession } from '@typernetes/client/spdy';
import { isTrueParameter, type Status, StatusError } from '@typernetes/machinery';
import type { WebSocket } from 'ws';
import { statusErrorOf } from '../request/reply.ts';
import { type Reply, type ServerRequest, taken } from '../request/server-request.ts';
import { acceptWebSocket, normalClosure, offeredProtocols } from '../websocket/accept.ts';
import { refusedHandshake } from '../websocket/refused-handshake.ts';
import type { Backend } from './backend.ts';
import { upgradeToSpdy } from './spdy-upgrade.ts';

/** The first byte of each message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** The protocol that can signal the end of the input. Older WebSocket protocols are passed through to the runtime. */
const withClose = 'v5.channel.k8s.io';
const runtimeProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

export const speaksWithClose = (request: ServerRequest): boolean => offeredProtocols(request).includes(withClose);

/** More than this that the client has not taken, and the runtime waits. */
const mostBuffered = 1024 * 1024;

/**
 * Translates `exec` and `attach` from WebSocket clients to SPDY for the runtime, which cannot signal the end of the
 * input otherwise. As upstream, errors from here on go to the error channel.
 */
export async function translateRemoteCommand(backend: Backend, request: ServerRequest): Promise<Reply> {
  const refusal = refusedHandshake(request, 'plain');
  if (refusal) return refusal;
  const client = await acceptWebSocket(request, withClose);
  // Messages wait until the runtime is connected.
  client.pause();
  void serve(client, backend, request);
  return taken;
}

async function serve(client: WebSocket, backend: Backend, request: ServerRequest): Promise<void> {
  let status: Status;
  try {
    const socket = await upgradeToSpdy(backend, request, runtimeProtocols);
    client.once('close', () => socket.destroy());
    status = await carry(client, socket, request.query);
  } catch (error) {
    status = statusErrorOf(error).toStatus();
  }
  if (client.readyState !== client.OPEN) return;
  client.resume();
  client.send(messageOn(channel.error, Buffer.from(JSON.stringify(status))));
  client.close(normalClosure);
}

/** Connects the channels with streams of the same names; resolves to how the command went. */
async function carry(client: WebSocket, socket: Duplex, query: URLSearchParams): Promise<Status> {
  const wanted = (name: string): boolean => isTrueParameter(query.get(name));
  const tty = wanted('tty');
  const session = spdySession(socket);
  const open = (streamtype: string): SpdyStream => session.open({ streamtype });
  const failure = open('error');
  const stdin = wanted('stdin') ? open('stdin') : undefined;
  const outputs: [number, SpdyStream][] = [];
  if (wanted('stdout')) outputs.push([channel.stdout, open('stdout')]);
  if (wanted('stderr') && !tty) outputs.push([channel.stderr, open('stderr')]);
  const resize = tty ? open('resize') : undefined;

  const take = async (message: Buffer): Promise<void> => {
    const payload = message.subarray(1);
    if (message[0] === channel.stdin) await stdin?.write(payload);
    else if (message[0] === channel.resize) await resize?.write(payload);
    else if (message[0] === channel.close && payload[0] === channel.stdin) await stdin?.end();
  };
  client.on('message', (message: Buffer) => {
    client.pause();
    // A runtime that accepts no more input has ended, and reports its status on the error stream.
    void take(message)
      .catch(() => undefined)
      .finally(() => client.resume());
  });
  client.resume();
  await Promise.all(outputs.map(([of, { incoming }]) => forward(incoming, client, of)));
  const said: Uint8Array[] = [];
  for await (const chunk of failure.incoming) said.push(chunk);
  session.close();
  return statusOf(Buffer.concat(said).toString('utf8'));
}

async function forward(incoming: AsyncIterable<Uint8Array>, client: WebSocket, of: number): Promise<void> {
  for await (const chunk of incoming) {
    const sent = new Promise<void>((resolve) => client.send(messageOn(of, chunk), () => resolve()));
    if (client.bufferedAmount > mostBuffered) await sent;
  }
}

const messageOn = (of: number, payload: Uint8Array): Buffer => Buffer.concat([Buffer.of(of), payload]);

/** The runtime's final status, in upstream's words. Without one the connection broke, so it is not a success. */
function statusOf(text: string): Status {
  if (text === '') throw new Error('the connection to the container ended without its status');
  const { status, reason, details, message } = JSON.parse(text) as Status;
  if (status === 'Success') return { metadata: {}, status };
  if (reason !== 'NonZeroExitCode') throw new StatusError('InternalError', `Internal error occurred: ${message}`);
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  return {
    metadata: {},
    status,
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason,
    details: { causes: [{ reason: 'ExitCode', message: code }] },
  } as Status;
}
