import type { Duplex } from 'node:stream';
import type { ApiClient } from '@typernetes/client';
import { controlKind, decodeSpdyFrame, encodeControl, encodeData, encodeSynStream } from '@typernetes/client/spdy';
import { channel, type RemoteMessage, type RemoteProcess } from './remote-process.ts';

const protocol = 'v4.channel.k8s.io';

/** What containers' runtimes spoke before WebSocket: one SPDY stream a channel. Its streams can end one by one, the input too. */
export async function openSpdyProcess(
  client: Pick<ApiClient, 'transport'>,
  path: string,
  options: { stdin: boolean; tty: boolean; signal: AbortSignal },
): Promise<RemoteProcess> {
  const { socket } = await client.transport.upgrade({
    method: 'POST',
    path,
    headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol },
    signal: options.signal,
  });
  const names = [
    'error',
    ...(options.stdin ? (['stdin'] as const) : []),
    'stdout',
    ...(options.tty ? (['resize'] as const) : (['stderr'] as const)),
  ] as const;
  const channels = new Map(names.map((name, i) => [2 * i + 1, channel[name]]));
  const streams = new Map([...channels].map(([stream, of]) => [of as number, stream]));
  for (const [i, streamtype] of names.entries()) {
    socket.write(encodeSynStream(2 * i + 1, { streamtype }, { first: i === 0 }));
  }
  const write = (of: number, payload: Uint8Array, final = false): Promise<void> =>
    new Promise((settle, reject) => {
      const frame = encodeData(streams.get(of) ?? 0, payload, { final });
      socket.write(frame, (error) => (error ? reject(error) : settle()));
    });
  return {
    messages: messagesOf(socket, channels),
    send: ({ channel, payload }) => write(channel, payload),
    endInput: () => write(channel.stdin, new Uint8Array(), true),
    close: () => void socket.end(),
  };
}

async function* messagesOf(socket: Duplex, channels: ReadonlyMap<number, number>): AsyncGenerator<RemoteMessage> {
  let buffered = Buffer.alloc(0);
  /** Streams on which something can still come. */
  const open = new Set(
    [...channels].filter(([, of]) => of !== channel.stdin && of !== channel.resize).map(([id]) => id),
  );
  try {
    for await (const chunk of socket) {
      buffered = Buffer.concat([buffered, chunk as Buffer]);
      for (let next = decodeSpdyFrame(buffered); next; next = decodeSpdyFrame(buffered)) {
        buffered = buffered.subarray(next.size);
        const { frame } = next;
        if (frame.type === 'control') {
          if (frame.kind === controlKind.ping) socket.write(encodeControl(controlKind.ping, frame.payload));
          if (frame.kind === controlKind.goAway) return;
          if (frame.kind === controlKind.reset) open.delete(Buffer.from(frame.payload).readUInt32BE(0));
        } else {
          if (frame.payload.length > 0) yield { channel: channels.get(frame.stream) ?? -1, payload: frame.payload };
          if (frame.final) open.delete(frame.stream);
        }
        if (open.size === 0) return;
      }
    }
  } finally {
    socket.destroy();
  }
}
