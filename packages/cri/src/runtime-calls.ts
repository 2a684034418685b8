import type { ContainerRuntime } from './container-runtime.ts';
import { configOf, driverOf, injectsCdi } from './containerd-config.ts';
import type { CriCalls } from './cri-calls.ts';
import type { RuntimeCondition, RuntimeHandler } from './messages.ts';
import { isUnimplemented } from './runtime-error.ts';

type RuntimeCalls = Pick<ContainerRuntime, 'version' | 'status' | 'cgroupDriver' | 'injectsCdiDevices'>;

/** What the runtime tells about itself. */
export const runtimeCalls = (calls: CriCalls): RuntimeCalls => ({
  version: (options) => calls.version(options),
  status: async (options) => {
    const { status, runtimeHandlers, features } = await calls.runtime<{
      status: { conditions: RuntimeCondition[] };
      runtimeHandlers: RuntimeHandler[];
      features: { supplementalGroupsPolicy: boolean } | null;
    }>('Status', {}, options);
    return {
      conditions: status.conditions,
      handlers: runtimeHandlers,
      supplementalGroupsPolicy: features?.supplementalGroupsPolicy,
    };
  },
  cgroupDriver: async (options) => {
    try {
      const { linux } = await calls.runtime<{ linux: { cgroupDriver: string } | null }>('RuntimeConfig', {}, options);
      if (linux) return { driver: linux.cgroupDriver === 'SYSTEMD' ? 'systemd' : 'cgroupfs', binding: true };
    } catch (error) {
      if (!isUnimplemented(error)) throw error;
    }
    const driver = driverOf((await calls.info(options)).config);
    return driver && { driver, binding: false };
  },
  injectsCdiDevices: async (options) => {
    const [version, info] = await Promise.all([calls.version(options), calls.info(options)]);
    return injectsCdi(version, configOf(info.config));
  },
});
