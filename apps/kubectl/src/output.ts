import { writeSync } from 'node:fs';
import { codeOf } from '@typernetes/base';

/** An output of this process. */
export interface Output {
  write(text: string | Uint8Array): void;
}

export interface DescriptorOutput extends Output {
  /** Whether something has been left to a stream, which may not have written it yet. */
  readonly isStream: boolean;
}

/**
 * Writes at once, as Node's own streams do for files and terminals; loading those takes longer than all that a short command does. Where
 * others have made the descriptor non-blocking and the reader is slow, the rest goes through the stream.
 */
export function outputTo(descriptor: number, of: { stream: () => Output; readerGone: () => never }): DescriptorOutput {
  let stream: Output | undefined;
  return {
    get isStream() {
      return stream !== undefined;
    },
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
