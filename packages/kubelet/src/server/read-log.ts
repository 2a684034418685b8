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
  /** The file that is watched, which may have replaced the one that is read. */
  let watched = 0;
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
        if (watched !== next.ino) {
          watcher?.close();
          watcher = watch(path, () => waker.wake());
          watched = next.ino;
        }
        const change = await changeOver(file, next.file, position);
        if (change === 'done') {
          await file.close();
          file = next.file;
          position = 0;
          rest = Buffer.alloc(0);
          continue;
        }
        await next.file.close();
        if (change === 'unread') continue;
      }
      if (!wasRunning) return;
      await waker.wait(lookMs, signal);
    }
  } finally {
    watcher?.close();
    await file.close();
  }
}

/** The file now at `path`, if it is another one than `file`. */
async function successor(path: string, file: FileHandle): Promise<{ file: FileHandle; ino: number } | undefined> {
  let next: FileHandle;
  try {
    next = await open(path, 'r');
  } catch (error) {
    // Between the renaming and the runtime's creation of a new file there is none.
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [before, { ino }] = await Promise.all([file.stat(), next.stat()]);
  if (before.ino !== ino) return { file: next, ino };
  await next.close();
  return undefined;
}

/**
 * Whether to go on in the file that has replaced another: only once something is written there, because until then the
 * runtime may still write to the old one, and only if all of that is read.
 */
async function changeOver(
  file: FileHandle,
  next: FileHandle,
  position: number,
): Promise<'done' | 'unread' | 'not begun'> {
  if ((await next.stat()).size === 0) return 'not begun';
  return (await file.stat()).size > position ? 'unread' : 'done';
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
