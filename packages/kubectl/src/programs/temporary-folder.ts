import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Provides a temporary folder to `use`, and removes it afterwards. */
export async function inTemporaryFolder<R>(prefix: string, use: (folder: TemporaryFolder) => Promise<R>): Promise<R> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  let kept = false;
  try {
    return await use({
      path,
      read: (name) => readFile(join(path, name), 'utf8'),
      async write(name, text) {
        const file = join(path, name);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text, { mode: 0o600 });
        return file;
      },
      async makeFolder(name) {
        await mkdir(join(path, name), { recursive: true });
      },
      keep: () => {
        kept = true;
      },
    });
  } finally {
    if (!kept) await rm(path, { recursive: true, force: true });
  }
}

export interface TemporaryFolder {
  readonly path: string;
  read(name: string): Promise<string>;
  /** Resolves to the whole path. */
  write(name: string, text: string): Promise<string>;
  makeFolder(name: string): Promise<void>;
  /** Keeps the folder, because it contains the user's work. */
  keep(): void;
}
