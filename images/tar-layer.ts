import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip, type ZlibOptions } from 'node:zlib';
import { pack } from 'tar-stream';

/**
 * An entry of an image layer. Paths are relative to the image's root, without a leading slash. The owner is root by
 * default.
 */
export type LayerEntry =
  | {
      readonly path: string;
      readonly type: 'directory';
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | {
      readonly path: string;
      readonly type: 'file';
      readonly content: Uint8Array | string;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | { readonly path: string; readonly type: 'symlink'; readonly target: string }
  /** `mode` must be the target's, because unpacking sets it again. */
  | { readonly path: string; readonly type: 'hardlink'; readonly target: string; readonly mode: number };

/**
 * A layer as stored: its bytes, their digest, and the digest of the uncompressed tar, which the image's configuration
 * lists.
 */
export interface Layer {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: string;
  readonly diffId: string;
}

const compress = promisify<Buffer, ZlibOptions, Buffer>(gzip);

/** One time for all entries, so that equal contents give equal bytes. */
const fixedTime = new Date(Date.UTC(2025, 0, 1));

export const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Writes the entries as a layer. The bytes depend only on the set of entries, not on their order or on when and where
 * this runs: entries are sorted, missing parent directories are added, times are fixed. `gzip` is for images that are
 * transferred; images that are only loaded from disk stay uncompressed, which loads faster.
 */
export async function tarLayer(entries: readonly LayerEntry[], options: { gzip: boolean }): Promise<Layer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  const done = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  for (const entry of withParents(entries)) {
    const header = { name: entry.path, mtime: fixedTime, uid: 0, gid: 0, uname: '', gname: '' };
    switch (entry.type) {
      case 'directory':
        archive.entry({
          ...header,
          name: `${entry.path}/`,
          type: 'directory',
          mode: entry.mode ?? 0o755,
          uid: entry.uid ?? 0,
          gid: entry.gid ?? 0,
        });
        break;
      case 'file':
        archive.entry(
          { ...header, type: 'file', mode: entry.mode ?? 0o644, uid: entry.uid ?? 0, gid: entry.gid ?? 0 },
          Buffer.from(entry.content as Uint8Array),
        );
        break;
      case 'symlink':
        archive.entry({ ...header, type: 'symlink', linkname: entry.target, mode: 0o777 });
        break;
      case 'hardlink':
        archive.entry({ ...header, type: 'link', linkname: entry.target, mode: entry.mode });
        break;
    }
  }
  archive.finalize();
  await done;
  const tar = Buffer.concat(chunks);
  const bytes = options.gzip ? await compress(tar, { level: 1 }) : tar;
  return {
    mediaType: `application/vnd.oci.image.layer.v1.tar${options.gzip ? '+gzip' : ''}`,
    bytes,
    digest: sha256(bytes),
    diffId: sha256(tar),
  };
}

/**
 * The entries in path order, with all parent directories; hard links come last, after their targets. Of duplicates the
 * last wins.
 */
export function withParents(entries: readonly LayerEntry[]): LayerEntry[] {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of entries) {
    const parts = entry.path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join('/');
      if (!byPath.has(path)) byPath.set(path, { path, type: 'directory' });
    }
    byPath.set(entry.path, entry);
  }
  const rank = (entry: LayerEntry): number => (entry.type === 'hardlink' ? 1 : 0);
  return [...byPath.values()].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
}
