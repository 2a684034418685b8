import type { CallOptions, ContainerConfig, ContainerRuntime, Mount } from '@typernetes/cri';
import { type CdiEdits, cdiDirectories, editsOf } from './cdi-spec.ts';

/**
 * Devices that drivers name by the Container Device Interface. containerd before 1.7 does not support it, and 1.7 only
 * if configured: they would silently start the container without its devices. For those runtimes the kubelet reads the
 * vendors' files itself.
 */
export class CdiDevices {
  readonly #runtime: Pick<ContainerRuntime, 'injectsCdiDevices'>;
  readonly #directories: readonly string[];
  #known: Promise<boolean> | undefined;

  constructor(runtime: Pick<ContainerRuntime, 'injectsCdiDevices'>, directories: readonly string[] = cdiDirectories) {
    this.#runtime = runtime;
    this.#directories = directories;
  }

  /**
   * The container's configuration for the runtime. Throws for unknown devices, and for edits that only the runtime
   * could apply.
   */
  async complete(config: ContainerConfig, options: CallOptions): Promise<ContainerConfig> {
    const names = (config.cdiDevices ?? []).map(({ name }) => name);
    if (names.length === 0 || (await this.#injects(options))) return config;
    const edits = await editsOf(names, this.#directories);
    const { cdiDevices: _, ...rest } = config;
    return edits.reduce(edited, rest);
  }

  #injects(options: CallOptions): Promise<boolean> {
    this.#known ??= this.#runtime.injectsCdiDevices(options).catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }
}

function edited(config: ContainerConfig, edits: CdiEdits): ContainerConfig {
  const refused = (['hooks', 'intelRdt', 'netDevices'] as const).find((part) => edits[part] !== undefined);
  if (refused)
    throw new Error(
      `CDI device injection failed: the container runtime does not inject CDI devices itself, and without it there are no ${refused}`,
    );
  const { env = [], deviceNodes = [], mounts = [], additionalGids = [] } = edits;
  const fresh = new Map(env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  const { linux } = config;
  return {
    ...config,
    envs: [
      ...(config.envs ?? []).filter(({ key }) => !fresh.has(key)),
      ...[...fresh].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    ],
    devices: [
      ...(config.devices ?? []),
      ...deviceNodes.map(({ path, hostPath = path, permissions = 'rwm' }) => ({
        containerPath: path,
        hostPath,
        permissions,
      })),
    ],
    mounts: [...(config.mounts ?? []), ...mounts.map(mountOf)],
    ...(additionalGids.length > 0
      ? {
          linux: {
            ...linux,
            securityContext: {
              ...linux?.securityContext,
              supplementalGroups: [
                ...(linux?.securityContext?.supplementalGroups ?? []),
                ...additionalGids.map(String),
              ],
            },
          },
        }
      : {}),
  };
}

function mountOf({
  hostPath,
  containerPath,
  options = [],
  type = 'bind',
}: NonNullable<CdiEdits['mounts']>[number]): Mount {
  if (type !== 'bind' && type !== 'none' && type !== '')
    throw new Error(
      `CDI device injection failed: the container runtime does not inject CDI devices itself, and without it there are no mounts of type ${type}`,
    );
  const propagation = options.some((one) => one === 'rshared' || one === 'shared')
    ? 'PROPAGATION_BIDIRECTIONAL'
    : options.some((one) => one === 'rslave' || one === 'slave')
      ? 'PROPAGATION_HOST_TO_CONTAINER'
      : 'PROPAGATION_PRIVATE';
  return { hostPath, containerPath, readonly: options.includes('ro'), propagation };
}
