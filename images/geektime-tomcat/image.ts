import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxInputs, busyboxLayer } from '../busybox/layer.ts';
import type { ImageRecipe } from '../recipe.ts';
import { tarLayer } from '../tar-layer.ts';

const home = 'root/apache-tomcat-7.0.42-v2';

export const image: ImageRecipe = {
  name: 'geektime-tomcat',
  references: ['docker.io/geektime/tomcat:7.0'],
  destination: 'registry',
  inputs: busyboxInputs,
  async build() {
    const layer = await tarLayer(
      [
        {
          path: `${home}/bin/start.sh`,
          type: 'file',
          mode: 0o755,
          content: readFileSync(join(import.meta.dirname, 'start.sh')),
        },
        { path: `${home}/webapps`, type: 'directory' },
      ],
      { gzip: true },
    );
    return {
      layers: [await busyboxLayer(), layer],
      config: { Env: ['PATH=/bin'], Cmd: [`/${home}/bin/start.sh`], ExposedPorts: { '8080/tcp': {} } },
    };
  },
};
