import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readlink, stat } from 'node:fs/promises';
import { dirname, join, posix, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '@typernetes/base';
import { extract, type Header, pack } from 'tar-stream';

/** A file or folder of this machine as a tar archive whose names start with `name`. */
export function archiveOf(source: string, name: string): AsyncIterable<Uint8Array> & { readonly done: Promise<void> } {
  const archive = pack();
  const done = addTo(archive, source, name).then(
    () => archive.finalize(),
    (error: unknown) => {
      archive.destroy(error as Error);
      throw error;
    },
  );
  return Object.assign(archive as unknown as AsyncIterable<Uint8Array>, { done });
}

async function addTo(archive: ReturnType<typeof pack>, source: string, name: string): Promise<void> {
  const file = await lstat(source);
  const { uid, gid, mtime } = file;
  // Includes the file type: a mode of 0 would otherwise be replaced by the default.
  const head = { name, mode: file.mode, mtime, uid, gid, ...(wideIds({ uid, gid }) ?? {}) };
  if (file.isSymbolicLink()) {
    await added(archive, { ...head, type: 'symlink', linkname: await readlink(source), size: 0 });
  } else if (file.isDirectory()) {
    const names = (await readdir(source)).sort();
    if (names.length === 0) await added(archive, { ...head, type: 'directory', size: 0 });
    for (const entry of names) await addTo(archive, join(source, entry), posix.join(name, entry));
  } else if (file.isFile()) {
    const entry = archive.entry({ ...head, type: 'file', size: file.size });
    await pipeline(createReadStream(source), entry);
  } else if (file.isFIFO()) await added(archive, { ...head, type: 'fifo', size: 0 });
  else if (file.isSocket()) throw new Error('archive/tar: sockets not supported');
  else throw new Error(`${source} is neither a file nor a folder`);
}

function belowPrefix(path: string, prefix: string): string | undefined {
  if (path === prefix) return '';
  if (prefix === '') return path;
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : undefined;
}

/** The classic header has room for six octal digits. */
const wideIds = ({ uid, gid }: { uid: number; gid: number }): { pax: Record<string, string> } | undefined =>
  Math.max(uid, gid) > 0o777777 ? { pax: { uid: String(uid), gid: String(gid) } } : undefined;

function added(archive: ReturnType<typeof pack>, head: Partial<Header> & { name: string }): Promise<void> {
  return new Promise((settle, reject) => {
    archive.entry(head, '', (error) => (error ? reject(error) : settle()));
  });
}

export interface Extraction {
  /** The prefix of names in the archive, which is replaced by `destination`. */
  readonly prefix: string;
  readonly destination: string;
  /** A command that copies links too, for the warning. */
  readonly instead?: string;
  readonly warn: (text: string) => void;
}

/**
 * Extracts an archive. It comes from an untrusted container: names outside of the destination are
 * refused, and links are skipped with a warning.
 */
export async function extractArchive(
  chunks: AsyncIterable<Uint8Array>,
  { prefix, destination, instead, warn }: Extraction,
): Promise<void> {
  const root = resolve(destination);
  // Printed once, with the first link.
  let hint = instead;
  const reader = extract();
  const feeding = pipeline(chunks, reader);
  // The rejection is handled below; until then it must not count as unhandled.
  feeding.catch(() => undefined);
  for await (const entry of reader) {
    const { name, type, linkname } = entry.header;
    const inside = posix.normalize(name).replace(/^\/+/, '');
    const below = belowPrefix(inside, prefix);
    if (below === undefined) throw new Error('tar contents corrupted');
    const target = resolve(root, below.replace(/\/$/, ''));
    const shown = join(destination, below).replace(/(.)\/$/, '$1');
    if (target !== root && !target.startsWith(root === sep ? sep : root + sep)) {
      warn(`file ${JSON.stringify(name)} is outside target destination, skipping`);
    } else if (type === 'directory') await makeFolder(target, shown);
    else if (type === 'symlink' || type === 'link') {
      const consider = hint === undefined ? '' : ` (consider using "${hint}")`;
      hint = undefined;
      warn(`skipping symlink: ${JSON.stringify(shown)} -> ${JSON.stringify(linkname ?? '')}${consider}`);
    } else {
      await makeFolder(dirname(target), dirname(shown));
      try {
        // As in upstream, the remote mode is ignored.
        await pipeline(entry, createWriteStream(target));
      } catch (error) {
        if (codeOf(error) !== 'EISDIR') throw error;
        throw new Error(`open ${shown}: is a directory`);
      }
      continue;
    }
    entry.resume();
  }
  await feeding;
}

/** Creates a folder with its parents. Throws Go's error if one of them is a file. */
async function makeFolder(path: string, shown: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' && codeOf(error) !== 'ENOTDIR') throw error;
    let [file, name] = [path, shown];
    while ((await stat(file).catch(() => undefined)) === undefined) [file, name] = [dirname(file), dirname(name)];
    throw new Error(`mkdir ${name}: not a directory`);
  }
}
