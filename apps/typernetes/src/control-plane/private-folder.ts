import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder that is there from the first file on, for this user only; it goes when the process exits, at the latest. */
export class PrivateFolder {
  #path: string | undefined;
  readonly #files = new Map<string, string>();

  /** The path of a file with that text, which is written once. */
  write(name: string, text: string): string {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    if (this.#path === undefined) {
      this.#path = mkdtempSync(join(tmpdir(), 'typernetes-'));
      remember(this);
    }
    const path = join(this.#path, name);
    writeFileSync(path, text, { mode: 0o600 });
    this.#files.set(name, path);
    return path;
  }

  remove(): void {
    if (this.#path === undefined) return;
    rmSync(this.#path, { recursive: true, force: true });
    present.delete(this);
    this.#path = undefined;
    this.#files.clear();
  }
}

/** Those with a folder. One listener for all: Node warns of more than ten. */
const present = new Set<PrivateFolder>();
let isListening = false;

function remember(folder: PrivateFolder): void {
  present.add(folder);
  if (isListening) return;
  isListening = true;
  process.on('exit', () => {
    for (const one of present) one.remove();
  });
}
