import { imageRepository, imageTag } from '@typernetes/base';
import { wrapperOf } from '@typernetes/machine';
import { programFiles } from '../tools/bundle.ts';
import { baseInputs, nodeBaseLayer, programDirectory } from './node-base/layer.ts';
import type { ImageRecipe } from './recipe.ts';
import { type LayerEntry, tarLayer } from './tar-layer.ts';

/**
 * The image of one of our programs: the Node base layer, the tools that the program calls (`tools`), and a small layer
 * with its bundle and a wrapper on the PATH, so that a manifest may say `command: [kube-apiserver, --flag]`.
 */
export function nodeProgramImage(
  program: string,
  tools?: { inputs(): string[]; entries(): LayerEntry[] | Promise<LayerEntry[]> },
): ImageRecipe {
  return {
    name: program,
    references: [`${imageRepository}/${program}:${imageTag}`],
    destination: 'machine',
    inputs: async () => [
      ...baseInputs(),
      ...(tools?.inputs() ?? []),
      wrapperOf(program),
      ...(await programFiles(program)).map(({ content }) => content),
    ],
    async build() {
      const own = await tarLayer(
        [
          ...(await programFiles(program)).map(
            ({ path, content }) => ({ path: `${programDirectory}/${path}`, type: 'file', content }) as const,
          ),
          { path: `usr/local/bin/${program}`, type: 'file', mode: 0o755, content: wrapperOf(program) },
        ],
        { gzip: false },
      );
      const toolLayers = tools ? [await tarLayer(await tools.entries(), { gzip: false })] : [];
      return {
        layers: [await nodeBaseLayer(), ...toolLayers, own],
        config: {
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'NODE_ENV=production'],
          Entrypoint: [`/usr/local/bin/${program}`],
          WorkingDir: '/',
        },
      };
    },
  };
}
