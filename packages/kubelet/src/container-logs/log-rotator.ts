import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Clock, codeOf, isAbort, type Logger, messageOf } from '@typernetes/base';
import { type ContainerRuntime, isRuntimeNotFound } from '@typernetes/cri';
import { partName, planRotation } from './rotation-plan.ts';

interface LogRotatorDeps {
  readonly runtime: Pick<ContainerRuntime, 'listContainers' | 'containerStatus' | 'reopenContainerLog'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Negative for logs that are never rotated. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly intervalMs: number;
  /** How many logs are checked in parallel. */
  readonly workers?: number;
}

/**
 * Limits the logs of running containers: renames a full log, has the runtime open a new one, and compresses the older
 * ones.
 */
export class LogRotator {
  readonly name = 'log-rotator';
  readonly #deps: LogRotatorDeps;

  constructor(deps: LogRotatorDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, intervalMs, maxBytes } = this.#deps;
    while (!signal.aborted && maxBytes >= 0) {
      await clock.sleep(intervalMs, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.rotateAll(signal);
      } catch (error) {
        if (isAbort(error, signal)) return;
        log.warn('Cannot rotate container logs', { error: messageOf(error) });
      }
    }
  }

  async rotateAll(signal: AbortSignal): Promise<void> {
    const { runtime, log } = this.#deps;
    const running = [...(await runtime.listContainers({ state: 'CONTAINER_RUNNING' }, { signal }))];
    const work = async (): Promise<void> => {
      for (let next = running.pop(); next; next = running.pop()) await rotate(next.id);
    };
    const rotate = async (id: string): Promise<void> => {
      try {
        const { logPath } = await runtime.containerStatus(id, { signal });
        if (logPath !== '') await this.#rotate(id, logPath, signal);
      } catch (error) {
        if (isAbort(error, signal)) throw error;
        if (!isRuntimeNotFound(error))
          log.warn('Cannot rotate container log', { container: id, error: messageOf(error) });
      }
    };
    await Promise.all(Array.from({ length: this.#deps.workers ?? 1 }, work));
  }

  async #rotate(id: string, path: string, signal: AbortSignal): Promise<void> {
    const size = await sizeOf(path);
    if (size === undefined) {
      // Lost between renaming and reopening, when the kubelet was killed.
      await this.#deps.runtime.reopenContainerLog(id, { signal });
      return;
    }
    if (size < this.#deps.maxBytes) return;
    const [directory, name] = [dirname(path), basename(path)];
    const plan = planRotation(name, await readdir(directory), this.#deps.maxFiles);
    for (const old of plan.remove) await rm(join(directory, old), { force: true });
    for (const part of plan.compress) await compress(join(directory, part), signal);
    const part = join(directory, partName(name, this.#deps.clock.now()));
    await rename(path, part);
    try {
      await this.#deps.runtime.reopenContainerLog(id, { signal });
    } catch (error) {
      // The runtime keeps writing to the renamed file: give it its old name back so that readers find it.
      if (!isRuntimeNotFound(error)) await rename(part, path);
      throw error;
    }
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function compress(path: string, signal: AbortSignal): Promise<void> {
  const temporary = `${path}.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary), { signal });
  await rename(temporary, `${path}.gz`);
  await rm(path);
}
