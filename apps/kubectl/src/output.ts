import { writeSync } from 'node:fs';
import { codeOf } from '@typernetes/base';

/** An output of this process. */
export interface Output {
  write(text: string | Uint8Array): void;
}

/**
 * Writes at once, as Node's own streams do for files and terminals; loading those takes longer than all that a short command does. Where
 * others have made the descriptor non-blocking and the reader is slow, the rest goes through the stream.
 */
export function outputTo(descriptor: number, of: { stream: () => Output; readerGone: () => never }): Output {
  let stream: Output | undefined;
  return {
    write(text) {
      let rest = typeof text === 'string' ? Buffer.from(text) : text;
      while (!stream && rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(descriptor, rest));
        } catch (error) {
          const code = codeOf(error);
          if (code === 'EPIPE') of.readerGone();
          if (code !== 'EAGAIN') throw error;
          stream = of.stream();
        }
      }
      if (rest.length > 0) stream?.write(rest);
    },
  };
}
