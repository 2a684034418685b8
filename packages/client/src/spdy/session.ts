import { type Duplex, PassThrough } from 'node:stream';
import { controlKind, decodeSpdyFrame, encodeControl, encodeData, encodeSynStream } from './frames.ts';

/** One stream of a session: incoming and outgoing data. */
export interface SpdyStream {
  /** Ends when the other side has ended, or the session has. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves once the connection has taken it. */
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  reset(): void;
}

/** A client's end of a SPDY/3.1 connection that opens streams, as many and as often as it likes. */
export interface SpdySession {
  open(headers: Readonly<Record<string, string>>): SpdyStream;
  /** Settles when the connection is over. */
  readonly closed: Promise<void>;
  close(): void;
}

const cancel = 5;

export function spdySession(socket: Duplex): SpdySession {
  const incoming = new Map<number, PassThrough>();
  let next = 1;
  const write = (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => void socket.write(bytes, (error) => (error ? reject(error) : resolve())));
  const finish = (id: number): void => {
    incoming.get(id)?.end();
    incoming.delete(id);
  };
  const closed = receive(socket, {
    data(id, payload, final) {
      const stream = incoming.get(id);
      if (stream && payload.length > 0 && !stream.write(payload)) {
        // The connection is shared: a slow reader slows all streams, since buffers are not limited otherwise.
        socket.pause();
        stream.once('drain', () => socket.resume());
      }
      if (final) finish(id);
    },
    reset: finish,
  }).finally(() => {
    for (const id of [...incoming.keys()]) finish(id);
    socket.destroy();
  });
  return {
    open(headers) {
      const id = next;
      next += 2;
      const stream = new PassThrough();
      incoming.set(id, stream);
      void write(encodeSynStream(id, headers, { first: id === 1 })).catch(() => finish(id));
      return {
        incoming: stream,
        write: (bytes) => write(encodeData(id, bytes)),
        end: () => write(encodeData(id, new Uint8Array(), { final: true })),
        reset() {
          finish(id);
          const payload = Buffer.alloc(8);
          payload.writeUInt32BE(id, 0);
          payload.writeUInt32BE(cancel, 4);
          // A closed connection has no streams to reset.
          void write(encodeControl(controlKind.reset, payload)).catch(() => undefined);
        },
      };
    },
    closed,
    close: () => void socket.end(),
  };
}

interface Receiver {
  data(id: number, payload: Uint8Array, final: boolean): void;
  reset(id: number): void;
}

/** Reads frames until the connection ends; a broken connection counts as ended, too. */
function receive(socket: Duplex, receiver: Receiver): Promise<void> {
  return new Promise((resolve) => {
    let buffered: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
      for (let found = decodeSpdyFrame(buffered); found; found = decodeSpdyFrame(buffered)) {
        buffered = buffered.subarray(found.size);
        const { frame } = found;
        if (frame.type === 'data') receiver.data(frame.stream, frame.payload, frame.final);
        else if (frame.kind === controlKind.ping) socket.write(encodeControl(controlKind.ping, frame.payload));
        else if (frame.kind === controlKind.reset)
          receiver.reset(Buffer.from(frame.payload).readUInt32BE(0) & 0x7fff_ffff);
        else if (frame.kind === controlKind.goAway) socket.end();
      }
    });
    for (const end of ['end', 'close', 'error']) socket.once(end, () => resolve());
  });
}
