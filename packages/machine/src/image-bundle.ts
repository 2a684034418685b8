import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { run } from './command.ts';
import { writeImportSet } from './image-template.ts';
import type { ImageLayout } from './installation.ts';

/** Archives hold hundreds of megabytes, compressed by one CPU. */
const archiveLimitMs = 600_000;

/** The default socket of containerd. */
export const runtimeSocket = '/run/containerd/containerd.sock';

/**
 * Writes all images to one archive, an OCI layout in a tar file, compressed if the name ends in `.gz`, for machines
 * without a registry. Equal images give equal bytes. The file appears when it is complete.
 */
export async function saveImages(file: string, images: readonly ImageLayout[]): Promise<void> {
  const target = resolve(file);
  const folder = mkdtempSync(join(dirname(target), '.images-'));
  try {
    writeImportSet(join(folder, 'layout'), images);
    const archive = join(folder, 'archive');
    const same = [
      '--dereference',
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u=rwX,go=rX',
    ];
    const compress = target.endsWith('.gz') ? ['--use-compress-program', 'gzip -n -6'] : [];
    const pack = [
      'tar',
      '-C',
      join(folder, 'layout'),
      ...same,
      ...compress,
      '-cf',
      archive,
      'oci-layout',
      'index.json',
      'blobs',
    ];
    await run(pack, { limitMs: archiveLimitMs });
    renameSync(archive, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts the images of an archive into the containerd behind `socket`, where the kubelet finds them. Returns their names. */
export async function loadImages(file: string, socket = runtimeSocket): Promise<string[]> {
  const uncompressed = file.endsWith('.gz') ? 'gzip -dc' : 'cat';
  const script = `set -e; ${uncompressed} "$1" | ctr --address "$2" --namespace k8s.io images import -`;
  const output = await run(['bash', '-o', 'pipefail', '-c', script, 'sh', resolve(file), socket], {
    limitMs: archiveLimitMs,
  });
  return output.split('\n').flatMap((line) => /^unpacking (\S+)/.exec(line)?.[1] ?? []);
}
