import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messagesOf } from '@typernetes/base';
import { run } from './command.ts';
import { controlPlanePrograms, rehearseControlPlane } from './control-plane-rehearsal.ts';
import { exclusively } from './exclusive.ts';
import { homePaths, type ImageLayout, instanceName } from './installation.ts';
import { compileAhead, programDirectory, programEntry } from './program.ts';

/** Where templates are seen by machines, and while they are made: links that point there hold everywhere. */
export const templatesInside = '/run/typernetes/templates';

/** Unpacking takes seconds for each image, and the disk may be slow. */
const importLimitMs = 600_000;

const snapshotter = 'io.containerd.snapshotter.v1.overlayfs';
const databases = ['io.containerd.metadata.v1.bolt/meta.db', `${snapshotter}/metadata.db`];
/** Folders whose entries are never changed once they are there, so that many containerds can share them. */
const sharedFolders = ['io.containerd.content.v1.content/blobs/sha256', `${snapshotter}/snapshots`];

/**
 * A template is a containerd root with images unpacked in it. Machines start from one in milliseconds: they copy its two small
 * databases and link to the rest. A new template starts from the one before in the same way, so it costs what has changed.
 *
 * Returns the name of the template with exactly these images, made if need be. Call it under the installation's lock.
 */
export async function ensureTemplate(
  home: string,
  images: readonly ImageLayout[],
  { node, report }: { node: string; report: (line: string) => void },
): Promise<string> {
  const { templates } = homePaths(home);
  const name = templateName(images);
  if (existsSync(join(templates, name))) return name;
  mkdirSync(templates, { recursive: true });
  // The folder may be a link to one that other homes have, too.
  const lock = `${instanceName(realpathSync(templates))}-lock`;
  return exclusively(lock, () => makeTemplate(home, images, { name, node, report }));
}

async function makeTemplate(
  home: string,
  images: readonly ImageLayout[],
  { name, node, report }: { name: string; node: string; report: (line: string) => void },
): Promise<string> {
  const { templates } = homePaths(home);
  const complete = join(templates, name);
  if (existsSync(complete)) return name;
  report(`Unpacking ${images.length} images once for all machines`);
  for (const leftover of readdirSync(templates).filter((entry) => entry.startsWith('.'))) {
    rmSync(join(templates, leftover), { recursive: true });
  }
  const making = mkdtempSync(join(templates, '.new-'));
  const previous = newestOf(templates);
  if (previous) seedContainerdRoot(home, previous, making);
  writeImportSet(join(making, 'import'), images);
  const input = importScript(basename(making), references(images));
  await run(importCommand(templates, making), { input, limitMs: importLimitMs });
  rmSync(join(making, 'import'), { recursive: true });
  await compilePrograms(join(making, snapshotter, 'snapshots'), { node, report });
  renameSync(making, complete);
  return name;
}

/** Lays the compiled code of our programs beside them, in the layers unpacked just now: containers start from it. */
async function compilePrograms(
  snapshots: string,
  { node, report }: { node: string; report: (line: string) => void },
): Promise<void> {
  const folders = new Map<string, string>();
  for (const snapshot of readdirSync(snapshots)) {
    const folder = join(snapshots, snapshot, 'fs', programDirectory);
    if (lstatSync(join(snapshots, snapshot)).isSymbolicLink() || !existsSync(folder)) continue;
    for (const program of readdirSync(folder)) {
      if (existsSync(join(folder, programEntry(program)))) folders.set(program, folder);
    }
  }
  for (const [program, folder] of folders) {
    if (!controlPlanePrograms.some((name) => name === program)) await compileAhead(node, { folder, program });
  }
  const [server, manager, scheduler] = controlPlanePrograms.map((program) => folders.get(program));
  if (server === undefined || manager === undefined || scheduler === undefined) return;
  const own = { 'kube-apiserver': server, 'kube-controller-manager': manager, 'kube-scheduler': scheduler };
  await rehearseControlPlane(node, own, dirname(node)).catch((error: unknown) =>
    report(`The control plane did not come up to be compiled ahead, and starts without: ${messagesOf(error)}`),
  );
}

/** Makes `root` a containerd root with the template's images. */
export function seedContainerdRoot(home: string, template: string, root: string): void {
  const from = join(homePaths(home).templates, template);
  for (const database of databases) {
    mkdirSync(join(root, database, '..'), { recursive: true });
    copyFileSync(join(from, database), join(root, database));
  }
  for (const folder of sharedFolders) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const entry of readdirSync(join(from, folder))) {
      const original = join(from, folder, entry);
      const target = lstatSync(original).isSymbolicLink()
        ? readlinkSync(original)
        : join(templatesInside, template, folder, entry);
      symlinkSync(target, join(root, folder, entry));
    }
  }
}

const references = (images: readonly ImageLayout[]): string[] => images.flatMap((image) => image.references);

function templateName(images: readonly ImageLayout[]): string {
  const hash = createHash('sha256');
  for (const { layout } of images) hash.update(readFileSync(join(layout, 'index.json')));
  return hash.digest('hex').slice(0, 16);
}

function newestOf(templates: string): string | undefined {
  const time = (name: string): number => statSync(join(templates, name)).mtimeMs;
  return readdirSync(templates)
    .filter((entry) => !entry.startsWith('.'))
    .sort((a, b) => time(b) - time(a))[0];
}

interface Descriptor {
  readonly digest: string;
}

/** One OCI layout with all the images, so that what they share is read once. */
export function writeImportSet(folder: string, images: readonly ImageLayout[]): void {
  const blobs = join(folder, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const manifests: Descriptor[] = [];
  for (const { layout } of images) {
    const link = ({ digest }: Descriptor): string => {
      const name = digest.slice('sha256:'.length);
      const source = join(layout, 'blobs/sha256', name);
      if (!existsSync(join(blobs, name))) symlinkSync(source, join(blobs, name));
      return source;
    };
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
    for (const descriptor of index.manifests) {
      const manifest = JSON.parse(readFileSync(link(descriptor), 'utf8')) as {
        config: Descriptor;
        layers: Descriptor[];
      };
      for (const part of [manifest.config, ...manifest.layers]) link(part);
      manifests.push(descriptor);
    }
  }
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

/** A shell that sees the templates at their place inside, and that takes everything it started with it when it ends or we do. */
function importCommand(templates: string, making: string): string[] {
  return [
    ...[
      'setpriv',
      '--pdeathsig',
      'KILL',
      'unshare',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      '--net',
    ],
    ...['bash', '-s', '--', templates, templatesInside, join(making, 'import')],
  ];
}

function importScript(making: string, wanted: readonly string[]): string {
  return `set -euo pipefail
templates=$1 inside=$2 import=$3
mount -t tmpfs tmpfs /run
mkdir -p "$inside"
mount --bind "$templates" "$inside"
cat >/run/config.toml <<END
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
END
socket=/run/containerd.sock
containerd --config /run/config.toml --root "$inside/${making}" --state /run/state --address $socket 2>/run/containerd.log &
containerd=$!
ctr() { command ctr --address $socket --namespace k8s.io "$@"; }
until ctr version >/dev/null 2>&1; do
  kill -0 $containerd || { cat /run/containerd.log >&2; exit 1; }
  sleep 0.02
done
tar -C "$import" --dereference -c oci-layout index.json blobs | ctr images import --snapshotter overlayfs - >/dev/null
for image in $(ctr images list -q); do
  case " ${wanted.join(' ')} " in
    *" $image "*) ;;
    *) ctr images remove "$image" >/dev/null ;;
  esac
done
kill $containerd
wait $containerd || true
`;
}
