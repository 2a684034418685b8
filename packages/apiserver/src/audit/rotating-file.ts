import {
  chmodSync,
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock, Logger } from '@typernetes/base';
import type { AuditSink } from './audit-backend.ts';

interface RotationOptions {
  /** Bytes past which the file is put aside. */
  readonly maxBytes: number;
  /** How many rotated files are kept; 0 keeps all. */
  readonly maxBackups: number;
  /** For how many days; 0 keeps them for ever. */
  readonly maxAgeDays: number;
  readonly compress: boolean;
}

/** The meaning of `--audit-log-maxsize` 0. */
export const defaultMaxBytes = 100 * 1024 * 1024;

const dayMs = 86_400_000;

/**
 * A file that is appended to, and rotated when it is full, to a name with the time: `audit.log` becomes
 * `audit-2026-01-01T00-00-00.000.log`. Writes are immediate: when `write` returns, the operating system has the line.
 */
export function rotatingFile(
  path: string,
  options: RotationOptions & { readonly clock: Pick<Clock, 'now'>; readonly log: Logger },
): AuditSink {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  let descriptor = openSync(path, 'a', 0o600);
  let size = fstatSync(descriptor).size;
  let tidying = Promise.resolve();
  const tidy = (): void => {
    tidying = tidying
      .then(() => removeOld(path, options))
      .catch((error: unknown) => options.log.error('Cannot tidy up the audit logs', error, { path }));
  };
  const rotate = (): void => {
    const mode = fstatSync(descriptor).mode & 0o777;
    closeSync(descriptor);
    renameSync(path, backupName(path, options.clock.now()));
    descriptor = openSync(path, 'a', mode);
    chmodSync(path, mode);
    size = 0;
    tidy();
  };
  tidy();
  return {
    write: (line) => {
      const bytes = Buffer.from(line);
      if (size > 0 && size + bytes.length > options.maxBytes) rotate();
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
      size += bytes.length;
    },
    close: async () => {
      closeSync(descriptor);
      await tidying;
    },
  };
}

function splitName(path: string): { prefix: string; extension: string } {
  const extension = extname(path);
  return { prefix: `${path.slice(0, path.length - extension.length)}-`, extension };
}

function backupName(path: string, now: number): string {
  const { prefix, extension } = splitName(path);
  return `${prefix}${new Date(now).toISOString().slice(0, 23).replaceAll(':', '-')}${extension}`;
}

/** The files put aside, newest first. */
function backupsOf(path: string): { file: string; at: number; packed: boolean }[] {
  const { prefix, extension } = splitName(path);
  const found: { file: string; at: number; packed: boolean }[] = [];
  for (const name of readdirSync(dirname(path))) {
    const file = join(dirname(path), name);
    const packed = file.endsWith('.gz');
    const plain = packed ? file.slice(0, -3) : file;
    if (!plain.startsWith(prefix) || !plain.endsWith(extension)) continue;
    const stamp = plain.slice(prefix.length, plain.length - extension.length);
    const at = Date.parse(stamp.replace(/T(\d\d)-(\d\d)-(\d\d\.\d{3})$/, 'T$1:$2:$3Z'));
    if (!Number.isNaN(at)) found.push({ file, at, packed });
  }
  return found.sort((a, b) => b.at - a.at);
}

async function removeOld(
  path: string,
  { maxBackups, maxAgeDays, compress, clock }: RotationOptions & { readonly clock: Pick<Clock, 'now'> },
): Promise<void> {
  const oldest = maxAgeDays > 0 ? clock.now() - maxAgeDays * dayMs : Number.NEGATIVE_INFINITY;
  for (const [i, backup] of backupsOf(path).entries()) {
    if ((maxBackups > 0 && i >= maxBackups) || backup.at < oldest) rmSync(backup.file, { force: true });
    else if (compress && !backup.packed) {
      await pipeline(
        createReadStream(backup.file),
        createGzip(),
        createWriteStream(`${backup.file}.gz`, { mode: 0o600 }),
      );
      rmSync(backup.file, { force: true });
    }
  }
}
