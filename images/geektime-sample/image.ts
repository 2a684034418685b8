import { busyboxInputs, busyboxLayer } from '../busybox/layer.ts';
import type { ImageRecipe } from '../recipe.ts';
import { storedZip } from '../stored-zip.ts';
import { tarLayer } from '../tar-layer.ts';

const page = `<!DOCTYPE html>
<html><head><title>Sample "Hello, World" Application</title></head>
<body><h1>Sample "Hello, World" Application</h1><p>This is the home page of the sample application.</p></body></html>
`;

export const image: ImageRecipe = {
  name: 'geektime-sample',
  references: ['docker.io/geektime/sample:v2'],
  destination: 'registry',
  inputs: busyboxInputs,
  async build() {
    const war = storedZip({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n', 'index.html': page });
    const layer = await tarLayer([{ path: 'sample.war', type: 'file', content: war }], { gzip: true });
    return { layers: [await busyboxLayer(), layer], config: { Env: ['PATH=/bin'], Cmd: ['sh'] } };
  },
};
