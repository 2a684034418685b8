import type { WebSocket } from 'ws';
import { type Reply, type ServerRequest, type Sink, type StreamBody, taken } from '../request/server-request.ts';
import { acceptWebSocket, normalClosure } from './accept.ts';

/** What is sent one way, each part of it a message: the events of a watch, a log. */
export interface OneWay {
  /** The subprotocol that is agreed on; none where the client offered none. */
  readonly protocol: string | undefined;
  /** Base64 makes text of bytes, for browsers' sake. Of what is framed the length in front is left out: a message knows its own. */
  readonly as: 'text' | 'binary' | 'base64' | 'framed';
}

/** Sends the parts of a streamed answer as messages, until it or the client ends. Answers that are whole already go out as they are. */
export async function replyOverWebSocket(reply: Reply, request: ServerRequest, oneWay: OneWay): Promise<Reply> {
  const { body } = reply;
  if (reply.status !== 200 || typeof body !== 'function') return reply;
  const client = await acceptWebSocket(request, oneWay.protocol);
  void send(client, body, request.signal, oneWay);
  return taken;
}

async function send(
  client: WebSocket,
  body: StreamBody,
  stopped: AbortSignal,
  { as }: Pick<OneWay, 'as'>,
): Promise<void> {
  const left = new AbortController();
  client.once('close', () => left.abort(new Error('the client went away')));
  // What it says is of no interest, its pings and its end are.
  client.on('message', () => undefined);
  let sent: Promise<unknown> = Promise.resolve();
  const sink: Sink = {
    write(part) {
      sent = new Promise((resolve) => client.send(messageOf(part, as), resolve));
      return client.bufferedAmount === 0;
    },
    // A client that goes away fails what is under way to it, which settles as well.
    drained: async () => void (await sent),
    get buffered() {
      return client.bufferedAmount;
    },
    signal: AbortSignal.any([left.signal, stopped]),
  };
  try {
    await body(sink);
    client.close(normalClosure);
  } catch {
    // As over HTTP, where the connection is cut: the only way to tell once the answer has begun.
    client.terminate();
  }
}

function messageOf(part: Uint8Array, as: OneWay['as']): string | Uint8Array {
  if (as === 'binary') return part;
  if (as === 'framed') return part.subarray(4);
  return Buffer.from(part.buffer, part.byteOffset, part.length).toString(as === 'text' ? 'utf8' : 'base64');
}
