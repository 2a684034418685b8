import type { Writable } from 'node:stream';
import type { Sink, StreamBody } from '../request/server-request.ts';

/** A sink that writes a streamed body to a response's stream. */
function sinkOf(stream: Writable, signal: AbortSignal): Sink {
  return {
    write: (chunk) => stream.write(chunk),
    drained: () =>
      new Promise((resolve) => {
        if (!stream.writableNeedDrain || signal.aborted) return resolve();
        const done = (): void => {
          stream.off('drain', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        stream.once('drain', done);
        signal.addEventListener('abort', done, { once: true });
      }),
    get buffered() {
      return stream.writableLength;
    },
    signal,
  };
}

/** Writes a streamed body and ends the stream; on failure the stream is cut, the only signal once the head is sent. */
export async function pour(body: StreamBody, stream: Writable, signal: AbortSignal): Promise<void> {
  try {
    await body(sinkOf(stream, signal));
    stream.end();
  } catch {
    stream.destroy();
  }
}
