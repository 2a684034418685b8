import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageRepository, imageTag } from '@typernetes/base';
import type { ImageRecipe } from '../recipe.ts';
import { tarLayer } from '../tar-layer.ts';

const source = join(import.meta.dirname, 'pause.c');

export const image: ImageRecipe = {
  name: 'pause',
  // The additional names are the default sandbox images of container runtimes: Debian's containerd and newer releases.
  references: [
    `${imageRepository}/pause:${imageTag}`,
    ...['3.6', '3.8', '3.9', '3.10', '3.10.1'].map((tag) => `registry.k8s.io/pause:${tag}`),
  ],
  destination: 'machine',
  inputs: () => [readFileSync(source), execFileSync('gcc', ['--version'])],
  async build() {
    const folder = mkdtempSync(join(tmpdir(), 'pause-'));
    try {
      const program = join(folder, 'pause');
      execFileSync('gcc', [
        '-Os',
        '-static',
        '-s',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-Wl,--build-id=none',
        '-o',
        program,
        source,
      ]);
      const layer = await tarLayer([{ path: 'pause', type: 'file', mode: 0o755, content: readFileSync(program) }], {
        gzip: false,
      });
      return { layers: [layer], config: { Entrypoint: ['/pause'], WorkingDir: '/' } };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
