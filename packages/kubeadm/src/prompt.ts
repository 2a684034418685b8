import type { Readable } from 'node:stream';

/** The next line of an input, without its end; nothing where the input ends before: whoever asks takes that for a no. */
export async function readAnswer(input: Readable, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline'); // few commands ask
  const lines = createInterface({ input });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  lines.once('line', resolve);
  lines.once('close', () => resolve(''));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    lines.close();
  }
}
