import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { startDetached } from './command.ts';
import { registryAddress } from './containerd-config.ts';
import { type Fabric, fabricProcesses, inFabric } from './fabric.ts';
import { homePaths, type ImageLayout } from './installation.ts';

interface Descriptor {
  readonly digest: string;
}

/** Starts the registry in the fabric's network if it does not run yet. It runs as long as the fabric exists. */
export async function ensureRegistry(home: string, fabric: Fabric): Promise<void> {
  const running = (await fabricProcesses(fabric)).some((pid) => commandOf(pid).includes('docker-registry'));
  if (running) return;
  const { registry } = homePaths(home);
  mkdirSync(registry, { recursive: true });
  const config = join(registry, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: registry }, delete: { enabled: false } },
      http: { addr: new URL(registryAddress).host },
    }),
  );
  const log = openSync(join(registry, 'registry.log'), 'a');
  try {
    await startDetached([...inFabric(fabric), 'docker-registry', 'serve', config], ['ignore', log, log]);
  } finally {
    closeSync(log);
  }
}

/**
 * Adds images to the registry by writing to its storage: blobs are linked, not copied, and a tag is a small file. Images that are there already are
 * only checked for. The registry serves `docker.io/library/nginx` and `k8s.gcr.io/nginx` by the part after the host name.
 */
export function fillRegistry(home: string, images: readonly ImageLayout[]): void {
  const storage = join(homePaths(home).registry, 'docker/registry/v2');
  for (const { layout, references } of images) {
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
    const [descriptor] = index.manifests;
    if (!descriptor) continue;
    const blobOf = ({ digest }: Descriptor): string => join(layout, 'blobs', digest.replace(':', '/'));
    for (const reference of references) {
      const { repository, tag } = splitReference(reference);
      const folder = join(storage, 'repositories', repository);
      const current = join(folder, '_manifests/tags', tag, 'current/link');
      if (existsSync(current) && readFileSync(current, 'utf8') === descriptor.digest) continue;
      const manifest = JSON.parse(readFileSync(blobOf(descriptor), 'utf8')) as {
        config: Descriptor;
        layers: Descriptor[];
      };
      for (const part of [descriptor, manifest.config, ...manifest.layers]) addBlob(storage, part.digest, blobOf(part));
      for (const part of [manifest.config, ...manifest.layers]) {
        writeLink(join(folder, '_layers', part.digest.replace(':', '/'), 'link'), part.digest);
      }
      const name = descriptor.digest.replace(':', '/');
      writeLink(join(folder, '_manifests/revisions', name, 'link'), descriptor.digest);
      writeLink(join(folder, '_manifests/tags', tag, 'index', name, 'link'), descriptor.digest);
      writeLink(current, descriptor.digest);
    }
  }
}

/** `docker.io/library/nginx:1.8` is tag `1.8` of `library/nginx`. */
export function splitReference(reference: string): { repository: string; tag: string } {
  const path = reference.slice(reference.indexOf('/') + 1);
  const colon = path.lastIndexOf(':');
  return { repository: path.slice(0, colon), tag: path.slice(colon + 1) };
}

function addBlob(storage: string, digest: string, source: string): void {
  const [algorithm = '', hash = ''] = digest.split(':');
  const data = join(storage, 'blobs', algorithm, hash.slice(0, 2), hash, 'data');
  if (existsSync(data)) return;
  mkdirSync(dirname(data), { recursive: true });
  const temporary = `${data}.new`;
  rmSync(temporary, { force: true });
  try {
    linkSync(source, temporary);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    copyFileSync(source, temporary);
  }
  renameSync(temporary, data);
}

function writeLink(file: string, digest: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, digest);
  renameSync(`${file}.new`, file);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return '';
    throw error;
  }
}
