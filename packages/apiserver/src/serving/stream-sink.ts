import type { Writable } from 'node:stream';
import type { Sink, StreamBody } from '../request/server-request.ts';

/** A response's stream as the place where a streamed body goes. */
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

/** Writes a streamed body and ends the stream; when that fails the stream is cut, the only way to tell once the head is out. */
export async function pour(body: StreamBody, stream: Writable, signal: AbortSignal): Promise<void> {
  try {
    await body(sinkOf(stream, signal));
    stream.end();
  } catch {
    stream.destroy();
  }
}
