import pluginFacts from '../facts/plugins.json' with { type: 'json' };
import type { CallOptions } from './container-runtime.ts';
import { GrpcChannel, type Method } from './grpc-channel.ts';
import { codecsOf } from './message-codec.ts';
import type { FactPackage } from './message-table.ts';

/** A claim as drivers are told of it. They read the rest from the API. */
export interface DraClaim {
  readonly namespace: string;
  readonly uid: string;
  readonly name: string;
}

/** A prepared device of a claim. `requestNames`: the requests that it serves; empty: all requests of the claim. */
export interface DraDevice {
  readonly requestNames: readonly string[];
  readonly poolName: string;
  readonly deviceName: string;
  readonly cdiDeviceIds: readonly string[];
  /** Empty for a device that is not shared between claims. */
  readonly shareId: string;
}

export interface DraDeviceHealth {
  readonly device: { readonly poolName: string; readonly deviceName: string } | null;
  readonly health: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY' | number;
  /** Seconds. */
  readonly healthCheckTimeoutSeconds: string;
  readonly message: string;
}

/** Results by claim uid. `error` is empty on success. */
type DraPrepared = Readonly<Record<string, { readonly devices: readonly DraDevice[]; readonly error: string }>>;
type DraUnprepared = Readonly<Record<string, { readonly error: string }>>;

/** The node service of a DRA driver. All calls reject with RuntimeErrors; all are idempotent. */
export interface DraPlugin {
  prepare(claims: readonly DraClaim[], options?: DraCallOptions): Promise<DraPrepared>;
  unprepare(claims: readonly DraClaim[], options?: DraCallOptions): Promise<DraUnprepared>;
  /**
   * Yields the health of all devices, again after each change. Rejects with Unimplemented for drivers that do not
   * monitor their devices.
   */
  health(signal: AbortSignal): AsyncIterable<readonly DraDeviceHealth[]>;
  /** Yields whether the driver can be reached, now and whenever that changes. */
  reachable(signal: AbortSignal): AsyncIterable<boolean>;
  close(): void;
}

interface DraCallOptions extends CallOptions {
  readonly timeoutMs?: number;
}

/** The versions of the interface, newest first. A driver registers them as `<version>.DRAPlugin`. */
export const draVersions = ['v1', 'v1beta1'] as const;
export type DraVersion = (typeof draVersions)[number];

/** The codecs of `v1.<Message>`, `v1beta1.<Message>` and `health.<Message>`. */
export const draCodecs = codecsOf({
  v1: pluginFacts['dra/v1'] as unknown as FactPackage,
  v1beta1: pluginFacts['dra/v1beta1'] as unknown as FactPackage,
  health: pluginFacts['dra-health/v1alpha1'] as unknown as FactPackage,
});

export function draMethod(version: DraVersion, name: 'NodePrepareResources' | 'NodeUnprepareResources'): Method {
  return {
    path: `/k8s.io.kubelet.pkg.apis.dra.${version}.DRAPlugin/${name}`,
    request: `${version}.${name}Request`,
    response: `${version}.${name}Response`,
  };
}

export const draHealthMethod: Method = {
  path: '/v1alpha1.DRAResourceHealth/NodeWatchResources',
  request: 'health.NodeWatchResourcesRequest',
  response: 'health.NodeWatchResourcesResponse',
};

/** `endpoint` is the path of a Unix socket. */
export function connectDra(endpoint: string, version: DraVersion): DraPlugin {
  const channel = new GrpcChannel(endpoint, draCodecs);
  return {
    prepare: async (claims, options) => {
      const method = draMethod(version, 'NodePrepareResources');
      return (await channel.unary<{ claims: DraPrepared }>(method, { claims }, options)).claims;
    },
    unprepare: async (claims, options) => {
      const method = draMethod(version, 'NodeUnprepareResources');
      return (await channel.unary<{ claims: DraUnprepared }>(method, { claims }, options)).claims;
    },
    health: async function* (signal) {
      const answers = channel.serverStream<{ devices: DraDeviceHealth[] }>(draHealthMethod, {}, { signal });
      for await (const { devices } of answers) yield devices;
    },
    reachable: (signal) => channel.reachable(signal),
    close: () => channel.close(),
  };
}
