import type { ClusterConfiguration } from '@typernetes/api/kubeadm/v1beta4';
import { imageRepository, version } from '@typernetes/base';
import type { CommandDeps } from '../command-deps.ts';
import { featureGates } from '../config/feature-gates.ts';
import type { InitConfig } from '../config/internal.ts';
import { controlPlaneImages } from '../images.ts';
import { CommandError } from '../output.ts';
import { pullImage } from '../preflight/images-check.ts';
import { type Command, defineCommand } from './command.ts';
import { configGroupFlags } from './config.ts';
import { readInitConfig } from './config-file.ts';
import { objectPrinter, outputFlags } from './output-format.ts';
import { criSocketFlag, featureGatesFlag } from './run-flags.ts';

const imageFlags = {
  ...configGroupFlags,
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  'feature-gates': featureGatesFlag,
  'image-repository': {
    type: 'string',
    help: 'Choose a container registry to pull control plane images from',
    shownDefault: JSON.stringify(imageRepository),
  },
  'kubernetes-version': {
    type: 'string',
    help: 'Choose a specific Kubernetes version for the control plane.',
    shownDefault: JSON.stringify(version),
  },
} as const;

async function configured(
  flags: {
    config?: string | undefined;
    'feature-gates'?: string | undefined;
    'image-repository'?: string | undefined;
    'kubernetes-version'?: string | undefined;
  },
  deps: CommandDeps,
): Promise<InitConfig> {
  const { 'image-repository': repository, 'kubernetes-version': asked } = flags;
  const cluster: ClusterConfiguration = {
    ...(repository === undefined ? {} : { imageRepository: repository }),
    ...(asked === undefined ? {} : { kubernetesVersion: asked }),
  };
  // Feature gates do not affect the list of images; they are only validated.
  if (flags['feature-gates']) featureGates(flags['feature-gates']);
  return readInitConfig(flags.config, { cluster }, deps);
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
  groupFlags: ['kubeconfig'],
  async run({ flags }, deps) {
    const print = await objectPrinter(flags, deps);
    const { cluster } = await configured(flags, deps).catch((error: unknown) => {
      throw new CommandError('could not convert cfg to an internal cfg', { cause: error });
    });
    const images = controlPlaneImages(cluster);
    deps.output.out(print ? print('Images', { images }) : images.map((image) => `${image}\n`).join(''));
  },
});

const pullCommand = defineCommand({
  path: 'config images pull',
  use: 'kubeadm config images pull [flags]',
  short: 'Pull images used by kubeadm',
  flags: { ...imageFlags, 'cri-socket': criSocketFlag },
  groupFlags: ['kubeconfig'],
  async run({ flags }, deps, signal) {
    const config = await configured(flags, deps);
    const runtime = await deps.images(flags['cri-socket'] ?? config.node.criSocket);
    try {
      for (const image of controlPlaneImages(config.cluster)) {
        try {
          if (config.node.imagePullPolicy === 'Always' || !(await runtime.has(image))) {
            await pullImage(runtime, { image, signal });
          }
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
