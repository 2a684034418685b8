import type { ImageConfig } from './oci-layout.ts';
import type { Layer } from './tar-layer.ts';

/** How to build an image. */
export interface ImageRecipe {
  /** The directory name below images/ and below .cache/images. */
  readonly name: string;
  /** Full references of the image. */
  readonly references: readonly string[];
  /**
   * `machine` images are unpacked into every machine's containerd from the start, `registry` images are pulled from the
   * registry of the fabric.
   */
  readonly destination: 'machine' | 'registry';
  /** Everything the image depends on beside the sources in images/; with unchanged inputs the build does nothing. */
  inputs(): Promise<readonly (string | Uint8Array)[]> | readonly (string | Uint8Array)[];
  build(): Promise<{ readonly layers: readonly Layer[]; readonly config: ImageConfig }>;
}
