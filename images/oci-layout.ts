import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Layer, sha256 } from './tar-layer.ts';

/** How containers of an image start, in terms of the OCI image specification. */
export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly User?: string;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Writes an OCI image layout with one image, tagged with all of `names`, to `directory`. Its `blobs` is a link to a
 * directory of that name beside `directory`, so that layouts share common blobs. Returns the digest of the manifest.
 */
export function writeOciLayout(
  directory: string,
  image: { names: readonly string[]; layers: readonly Layer[]; config: ImageConfig },
): string {
  const blobs = join(directory, '../blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  mkdirSync(directory, { recursive: true });
  const put = (mediaType: string, bytes: Uint8Array): { mediaType: string; digest: string; size: number } => {
    const digest = sha256(bytes);
    const file = join(blobs, digest.slice('sha256:'.length));
    if (!existsSync(file)) replaceFile(file, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const config = put(
    'application/vnd.oci.image.config.v1+json',
    json({
      created: '2025-01-01T00:00:00Z',
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      config: image.config,
      rootfs: { type: 'layers', diff_ids: image.layers.map((layer) => layer.diffId) },
    }),
  );
  const layers = image.layers.map((layer) => put(layer.mediaType, layer.bytes));
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = put(manifestType, json({ schemaVersion: 2, mediaType: manifestType, config, layers }));
  const manifests = image.names.map((name) => ({ ...manifest, annotations: { 'io.containerd.image.name': name } }));
  const link = join(directory, 'blobs');
  if (!existsSync(link)) symlinkSync('../blobs', link);
  replaceFile(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  replaceFile(join(directory, 'index.json'), json({ schemaVersion: 2, manifests }));
  return manifest.digest;
}

function replaceFile(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, file);
}
