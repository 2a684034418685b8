import { mkdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { entriesOf } from '../files/read-files.ts';

/** The folder on every node in which log shippers look for logs. */
export const containerLogsDir = '/var/log/containers';

/** The longest file name that file systems accept. */
const longestName = 255;
const suffix = '.log';

interface LoggedContainer {
  readonly podName: string;
  readonly namespace: string;
  readonly container: string;
  readonly id: string;
}

/** A folder with a link to the log of each container, named `<pod>_<namespace>_<container>-<id>.log` as upstream's. */
export class LogLinks {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Does nothing for a runtime that keeps logs elsewhere than in this file. */
  async add(of: LoggedContainer, logFile: string): Promise<void> {
    if (!(await exists(logFile))) return;
    await mkdir(this.#directory, { recursive: true, mode: 0o755 });
    await symlink(logFile, this.#path(of));
  }

  async remove(of: LoggedContainer): Promise<void> {
    await rm(this.#path(of), { force: true });
  }

  /**
   * Removes links to logs that no longer exist, such as those of containers that were removed while the kubelet was
   * down.
   */
  async removeDead(): Promise<void> {
    for (const name of await entriesOf(this.#directory)) {
      const path = join(this.#directory, name);
      if (name.endsWith(suffix) && !(await exists(path))) await rm(path, { force: true });
    }
  }

  #path({ podName, namespace, container, id }: LoggedContainer): string {
    const name = `${podName}_${namespace}_${container}-${id}`.slice(0, longestName - suffix.length);
    return join(this.#directory, name + suffix);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
