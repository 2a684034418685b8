import type { ClusterConfiguration } from '@typernetes/api/kubeadm/v1beta4';
import type { InitConfig } from '../config/internal.ts';
import { loadInitConfig } from '../config/load.ts';
import { controlPlaneImages } from '../images.ts';
import { CommandError } from '../output.ts';
import { type Command, type CommandDeps, defineCommand } from './command.ts';
import { readConfigFile } from './init-flags.ts';
import { objectPrinter, outputFlags } from './output-format.ts';
import { criSocketFlag } from './run-options.ts';

const imageFlags = {
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  'feature-gates': {
    type: 'map',
    help: 'A set of key=value pairs that describe feature gates for various features.',
    default: {},
  },
  'image-repository': { type: 'string', help: 'Choose a container registry to pull control plane images from.' },
  'kubernetes-version': { type: 'string', help: 'Choose a specific Kubernetes version for the control plane.' },
} as const;

async function configured(
  flags: { config?: string | undefined; 'image-repository'?: string | undefined },
  deps: CommandDeps,
): Promise<InitConfig> {
  const { machine, network } = deps.host;
  const repository = flags['image-repository'];
  const cluster: ClusterConfiguration = repository === undefined ? {} : { imageRepository: repository };
  const text = await readConfigFile(flags.config, deps);
  const { config, warnings } = loadInitConfig(text, { cluster }, { machine, network, newToken: deps.newToken });
  for (const warning of warnings) deps.output.err(`[config] WARNING: ${warning}\n`);
  return config;
}

const listCommand = defineCommand({
  path: 'config images list',
  use: 'kubeadm config images list [flags]',
  short:
    'Print a list of images kubeadm will use. The configuration file is used in case any images or image repositories are customized',
  flags: {
    ...imageFlags,
    ...outputFlags,
  },
  async run({ flags }, deps) {
    const print = await objectPrinter(flags, deps);
    const images = controlPlaneImages((await configured(flags, deps)).cluster);
    deps.output.out(print ? print('Images', { images }) : images.map((image) => `${image}\n`).join(''));
  },
});

const pullCommand = defineCommand({
  path: 'config images pull',
  use: 'kubeadm config images pull [flags]',
  short: 'Pull images used by kubeadm',
  flags: { ...imageFlags, 'cri-socket': criSocketFlag },
  async run({ flags }, deps, signal) {
    const config = await configured(flags, deps);
    const runtime = await deps.images(flags['cri-socket'] ?? config.node.criSocket);
    try {
      for (const image of controlPlaneImages(config.cluster)) {
        try {
          if (config.node.imagePullPolicy === 'Always' || !(await runtime.has(image))) await runtime.pull(image);
        } catch (error) {
          signal.throwIfAborted();
          throw new CommandError(`failed to pull image "${image}"`, { cause: error });
        }
        deps.output.out(`[config/images] Pulled ${image}\n`);
      }
    } finally {
      runtime.close();
    }
  },
});

export const configImagesCommands: readonly Command[] = [listCommand, pullCommand];
