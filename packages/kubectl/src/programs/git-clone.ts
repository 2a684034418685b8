import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Repository } from '../kustomize/repository.ts';
import type { Surroundings } from '../session.ts';

/** Cloned repositories during a build; disposal removes them. */
export class GitClones implements AsyncDisposable {
  readonly #environment: Surroundings['environment'];
  readonly #folders: string[] = [];

  constructor(environment: Surroundings['environment']) {
    this.#environment = environment;
  }

  /** Clones the repository at its ref, and resolves to the folder. Rejects with git's error. */
  async clone({ url, ref, submodules, timeout }: Repository): Promise<string> {
    const git = this.#git();
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'kustomize-')));
    this.#folders.push(folder);
    const run = (...args: string[]): Promise<void> =>
      new Promise((resolve, reject) => {
        const options = { cwd: folder, timeout, env: { ...this.#environment } };
        execFile(git, args, options, (error, out, err) => {
          if (!error) return resolve();
          const command = [git, ...args].join(' ');
          if (error.killed) return reject(new Error(`hit ${timeout / 1000}s timeout running '${command}'`));
          reject(new Error(`failed to run '${command}': ${out}${err}: exit status ${error.code}`));
        });
      });
    await run('init');
    await run('remote', 'add', 'origin', url);
    await run('fetch', '--depth=1', url, ref || 'HEAD');
    await run('checkout', 'FETCH_HEAD');
    if (submodules) await run('submodule', 'update', '--init', '--recursive');
    return folder;
  }

  #git(): string {
    for (const folder of (this.#environment.PATH ?? '').split(':')) {
      const path = join(folder, 'git');
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {} // not found here
    }
    throw new Error(`no 'git' program on path: exec: "git": executable file not found in $PATH`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
