import { readFile, rename, writeFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';

/** A manager's assignments, kept across restarts in a file with upstream's name and format. */
export interface Checkpoint<T> {
  /** Undefined if there is none yet. Throws if the file is damaged. */
  read(): Promise<T | undefined>;
  write(state: T): Promise<void>;
}

/** `decode` throws for a text that is damaged. */
export function checkpointFile<T>(
  path: string,
  { encode, decode }: { readonly encode: (state: T) => string; readonly decode: (text: string) => T },
): Checkpoint<T> {
  // Writes run one after the other in the order of the calls: the last one wins.
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

/**
 * An object with our own checksum (FNV-1a of the JSON without it): upstream's depends on how Go prints the structure.
 */
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
