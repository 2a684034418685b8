import type { WebSocket } from 'ws';
import { type Reply, type ServerRequest, type Sink, type StreamBody, taken } from '../request/server-request.ts';
import { acceptWebSocket, normalClosure } from './accept.ts';

/** A one-way stream in which each part is a message: the events of a watch, a log. */
interface OneWay {
  /** The subprotocol that is agreed on; none where the client offered none. */
  readonly protocol: string | undefined;
  /** Base64 encodes bytes as text, for browsers. `framed` drops the length prefix: a message knows its own length. */
  readonly as: 'text' | 'binary' | 'base64' | 'framed';
  /** Whether an empty message comes first, as before logs: clients see at once that the stream has begun. */
  readonly isGreeted?: boolean;
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
  { as, isGreeted = false }: Pick<OneWay, 'as' | 'isGreeted'>,
): Promise<void> {
  const left = new AbortController();
  client.once('close', () => left.abort(new Error('the client went away')));
  // Its messages do not matter, its pings and its end do.
  client.on('message', () => undefined);
  if (isGreeted) client.send(messageOf(Buffer.of(), as));
  let sent: Promise<unknown> = Promise.resolve();
  const sink: Sink = {
    isOfMessages: true,
    write(part) {
      sent = new Promise((resolve) => client.send(messageOf(part, as), resolve));
      return client.bufferedAmount === 0;
    },
    // When the client disconnects, pending writes fail, so they settle as well.
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
    // As over HTTP, cut the connection: the only signal once the response has begun.
    client.terminate();
  }
}

function messageOf(part: Uint8Array, as: OneWay['as']): string | Uint8Array {
  if (as === 'binary') return part;
  if (as === 'framed') return part.subarray(4);
  return Buffer.from(part.buffer, part.byteOffset, part.length).toString(as === 'text' ? 'utf8' : 'base64');
}
