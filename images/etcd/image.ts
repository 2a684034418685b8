import { statSync } from 'node:fs';
import { imageRepository, imageTag } from '@typernetes/base';
import { programsWithLibraries } from '../host-files.ts';
import type { ImageRecipe } from '../recipe.ts';
import { tarLayer } from '../tar-layer.ts';

const program = '/usr/bin/etcd';

export const image: ImageRecipe = {
  name: 'etcd',
  references: [`${imageRepository}/etcd:${imageTag}`],
  destination: 'machine',
  inputs: () => [`${program} ${statSync(program).size} ${statSync(program).mtimeMs}`],
  async build() {
    const layer = await tarLayer(
      [...programsWithLibraries([program]), { path: 'tmp', type: 'directory', mode: 0o1777 }],
      {
        gzip: false,
      },
    );
    return {
      layers: [layer],
      config: { Env: ['PATH=/usr/bin'], Entrypoint: [program], WorkingDir: '/' },
    };
  },
};
