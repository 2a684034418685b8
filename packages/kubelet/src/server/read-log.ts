import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Clock, codeOf } from '@typernetes/base';
import { Waker } from '../lifecycle/waker.ts';
import { type LogOptions, parseLogLine, shownLine } from './log-line.ts';

const chunkBytes = 64 * 1024;
const newline = 0x0a;
/** The polling interval, in case a file system event is missed. */
const lookMs = 1000;

/**
 * Yields the requested part of a log file. When following, continues until `running` says that the container has ended
 * and everything was read, or until `signal` aborts. When the log is rotated meanwhile, reading continues in the new
 * file.
 */
export async function* readLog(
  path: string,
  options: LogOptions,
  { running, clock, signal }: { running: () => Promise<boolean>; clock: Clock; signal: AbortSignal },
): AsyncGenerator<Buffer> {
  let file = await open(path, 'r');
  const waker = new Waker(clock);
  let watcher: FSWatcher | undefined;
  try {
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    let midLine = false;
    // Lines written from now on are for followers only: without following, a reader gets as many lines as requested,
    // and an end.
    const { size } = await file.stat();
    const end = options.follow ? Number.POSITIVE_INFINITY : size;
    let position = options.tailLines === undefined ? 0 : await tailPosition(file, size, options.tailLines);
    let rest = Buffer.alloc(0);
    if (options.follow) watcher = watch(path, () => waker.wake());
    while (!signal.aborted && left > 0) {
      // Asked before reading: what a container wrote before its end must not be missed.
      const wasRunning = options.follow && (await running());
      for (;;) {
        const most = Math.min(chunkBytes, end - position);
        if (most <= 0) break;
        const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        for (let at = rest.indexOf(newline); at >= 0 && left > 0; at = rest.indexOf(newline)) {
          const line = parseLogLine(rest.subarray(0, at));
          rest = rest.subarray(at + 1);
          if (!line) continue;
          const shown = shownLine(line, options, midLine)?.subarray(0, left);
          midLine = line.partial;
          if (!shown) continue;
          left -= shown.length;
          yield shown;
        }
      }
      const next = options.follow ? await successor(path, file) : undefined;
      if (next) {
        await file.close();
        watcher?.close();
        file = next;
        watcher = watch(path, () => waker.wake());
        position = 0;
        rest = Buffer.alloc(0);
        continue;
      }
      if (!wasRunning) return;
      await waker.wait(lookMs, signal);
    }
  } finally {
    watcher?.close();
    await file.close();
  }
}

/** The file now at `path` if it has replaced `file`, to which nobody writes any more then. */
async function successor(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  let next: FileHandle;
  try {
    next = await open(path, 'r');
  } catch (error) {
    // Between the renaming and the runtime's creation of a new file there is none.
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [before, now] = await Promise.all([file.stat(), next.stat()]);
  if (before.ino !== now.ino && before.size === (await file.stat()).size) return next;
  await next.close();
  return undefined;
}

/** The position of the last `lines` lines within the first `size` bytes. */
async function tailPosition(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines <= 0) return size;
  let seen = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(end - chunkBytes, 0);
    const buffer = Buffer.alloc(end - start);
    await file.read(buffer, 0, buffer.length, start);
    for (let i = buffer.length - 1; i >= 0; i--) {
      // The last line's own break does not count.
      if (buffer[i] === newline && start + i !== size - 1 && ++seen === lines) return start + i + 1;
    }
    end = start;
  }
  return 0;
}
