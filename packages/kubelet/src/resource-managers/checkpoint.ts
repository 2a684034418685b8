import { readFile, rename, writeFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';

/**
 * What a manager has given away, kept over restarts in a file of upstream's name and form. The checksum is of our own making (FNV-1a of the
 * JSON without it): upstream's is taken of how Go prints the structure.
 */
export interface Checkpoint<T extends object> {
  /** Undefined when there is none yet. Throws for a file that is damaged. */
  read(): Promise<T | undefined>;
  write(state: T): Promise<void>;
}

export function checkpointAt<T extends object>(path: string, checksumField: 'checksum' | 'Checksum'): Checkpoint<T> {
  return {
    read: async () => {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
      const { [checksumField]: checksum, ...state } = JSON.parse(text) as Record<string, unknown>;
      if (checksum !== checksumOf(state)) throw new Error(`checkpoint "${path}" is corrupted`);
      return state as T;
    },
    write: async (state) => {
      await writeFile(`${path}.tmp`, JSON.stringify({ ...state, [checksumField]: checksumOf(state) }), { mode: 0o600 });
      await rename(`${path}.tmp`, path);
    },
  };
}

function checksumOf(state: object): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify(state))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
