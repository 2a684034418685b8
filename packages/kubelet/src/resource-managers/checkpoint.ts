import { readFile, rename, writeFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';

/** What a manager has given away, kept over restarts in a file of upstream's name and form. */
export interface Checkpoint<T> {
  /** Undefined when there is none yet. Throws for a file that is damaged. */
  read(): Promise<T | undefined>;
  write(state: T): Promise<void>;
}

/** `decode` throws for a text that is damaged. */
export function checkpointFile<T>(
  path: string,
  { encode, decode }: { readonly encode: (state: T) => string; readonly decode: (text: string) => T },
): Checkpoint<T> {
  // One after the other, in the order in which they were asked for: the last one stands.
  let before: Promise<void> = Promise.resolve();
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${path}.tmp`, text, { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  };
  return {
    read: async () => {
      try {
        return decode(await readFile(path, 'utf8'));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: (state) => {
      const text = encode(state);
      const written = before.catch(() => {}).then(() => replace(text));
      before = written;
      return written;
    },
  };
}

/** An object with a checksum of our own making in it (FNV-1a of the JSON without it): upstream's is taken of how Go prints the structure. */
export function checkpointAt<T extends object>(path: string, checksumField: 'checksum' | 'Checksum'): Checkpoint<T> {
  return checkpointFile<T>(path, {
    encode: (state) => JSON.stringify({ ...state, [checksumField]: checksumOf(state) }),
    decode: (text) => {
      const { [checksumField]: checksum, ...state } = JSON.parse(text) as Record<string, unknown>;
      if (checksum !== checksumOf(state)) throw new Error(`checkpoint "${path}" is corrupted`);
      return state as T;
    },
  });
}

function checksumOf(state: object): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify(state))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
