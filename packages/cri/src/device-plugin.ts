import pluginFacts from '../facts/plugins.json' with { type: 'json' };
import type { CallOptions } from './container-runtime.ts';
import { GrpcChannel, type Method } from './grpc-channel.ts';
import { codecsOf } from './message-codec.ts';
import type { FactPackage } from './message-table.ts';
import type { Labels } from './messages.ts';

/** A device of a plugin. Only `Healthy` devices can be used. */
export interface PluginDevice {
  readonly ID: string;
  readonly health: string;
  readonly topology: { readonly nodes: readonly { readonly ID: string }[] } | null;
}

export interface DevicePluginOptions {
  readonly preStartRequired: boolean;
  readonly getPreferredAllocationAvailable: boolean;
}

/** A plugin's registration. `endpoint` is the name of a socket in the directory of the kubelet's own. */
export interface DeviceRegistration {
  readonly version: string;
  readonly endpoint: string;
  readonly resourceName: string;
  readonly options: DevicePluginOptions | null;
}

/** The changes to a container that gets devices. */
export interface DeviceAllocation {
  readonly envs: Labels;
  readonly mounts: readonly { readonly containerPath: string; readonly hostPath: string; readonly readOnly: boolean }[];
  readonly devices: readonly {
    readonly containerPath: string;
    readonly hostPath: string;
    readonly permissions: string;
  }[];
  readonly annotations: Labels;
  readonly cdiDevices: readonly { readonly name: string }[];
}

/** The kubelet's client of a device plugin (v1beta1). All calls reject with RuntimeErrors. */
export interface DevicePlugin {
  options(options?: CallOptions): Promise<DevicePluginOptions>;
  /**
   * Yields the plugin's devices whenever one of them changes. Ends when `signal` aborts, rejects when the plugin is
   * gone.
   */
  watch(signal: AbortSignal): AsyncIterable<readonly PluginDevice[]>;
  preferred(
    request: { available: readonly string[]; mustInclude: readonly string[]; count: number },
    options?: CallOptions,
  ): Promise<readonly string[]>;
  allocate(ids: readonly string[], options?: CallOptions): Promise<DeviceAllocation>;
  preStart(ids: readonly string[], options?: CallOptions): Promise<void>;
  close(): void;
}

/** The codecs of `v1beta1.<Message>`. */
export const devicePluginCodecs = codecsOf({
  v1beta1: pluginFacts['deviceplugin/v1beta1'] as unknown as FactPackage,
});

const method = (name: string, request: string, response: string): Method => ({
  path: `/v1beta1.${name}`,
  request: `v1beta1.${request}`,
  response: `v1beta1.${response}`,
});

export const devicePluginMethods = {
  register: method('Registration/Register', 'RegisterRequest', 'Empty'),
  options: method('DevicePlugin/GetDevicePluginOptions', 'Empty', 'DevicePluginOptions'),
  watch: method('DevicePlugin/ListAndWatch', 'Empty', 'ListAndWatchResponse'),
  preferred: method('DevicePlugin/GetPreferredAllocation', 'PreferredAllocationRequest', 'PreferredAllocationResponse'),
  allocate: method('DevicePlugin/Allocate', 'AllocateRequest', 'AllocateResponse'),
  preStart: method('DevicePlugin/PreStartContainer', 'PreStartContainerRequest', 'PreStartContainerResponse'),
} as const;

/** Upstream: KubeletPreStartContainerRPCTimeoutInSecs. */
const preStartMs = 30_000;

export function connectDevicePlugin(socket: string): DevicePlugin {
  const channel = new GrpcChannel(socket, devicePluginCodecs);
  const methods = devicePluginMethods;
  return {
    options: (options) => channel.unary<DevicePluginOptions>(methods.options, {}, options),
    watch: async function* (signal) {
      for await (const { devices } of channel.serverStream<{ devices: PluginDevice[] }>(methods.watch, {}, { signal }))
        yield devices;
    },
    preferred: async ({ available, mustInclude, count }, options) => {
      const one = { availableDeviceIDs: available, mustIncludeDeviceIDs: mustInclude, allocationSize: count };
      const request = { containerRequests: [one] };
      const answer = await channel.unary<{ containerResponses: { deviceIDs: string[] }[] }>(
        methods.preferred,
        request,
        options,
      );
      return answer.containerResponses[0]?.deviceIDs ?? [];
    },
    allocate: async (ids, options) => {
      const request = { containerRequests: [{ devicesIds: ids }] };
      const answer = await channel.unary<{ containerResponses: DeviceAllocation[] }>(
        methods.allocate,
        request,
        options,
      );
      const [allocation] = answer.containerResponses;
      if (!allocation) throw new Error('no containers return in allocation response');
      return allocation;
    },
    preStart: async (ids, options) => {
      await channel.unary(methods.preStart, { devicesIds: ids }, { timeoutMs: preStartMs, ...options });
    },
    close: () => channel.close(),
  };
}
