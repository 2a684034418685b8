import type { ImageConfig } from './oci-layout.ts';
import type { Layer } from './tar-layer.ts';

/** How one image is put together. */
export interface ImageRecipe {
  /** The folder below images/ and below .cache/images. */
  readonly name: string;
  /** Full references that the image answers to. */
  readonly references: readonly string[];
  /**
   * Where it goes: `machine` images are unpacked in every machine's containerd from the start, `registry` images are pulled from
   * the registry of the fabric.
   */
  readonly destination: 'machine' | 'registry';
  /** Everything beside the sources in images/ that the image depends on; equal inputs make the build a no-op. */
  inputs(): Promise<readonly (string | Uint8Array)[]> | readonly (string | Uint8Array)[];
  build(): Promise<{ readonly layers: readonly Layer[]; readonly config: ImageConfig }>;
}
