import csiFacts from '../facts/csi.json' with { type: 'json' };
import type { CallOptions } from './container-runtime.ts';
import { GrpcChannel, type Method } from './grpc-channel.ts';
import { codecsOf } from './message-codec.ts';
import type { FactPackage } from './message-table.ts';

/** A string map, as messages hold it. */
type Texts = Readonly<Record<string, string>>;

export interface VolumeCapability {
  /** Exactly one of the two is set. */
  readonly mount?: {
    readonly fsType: string;
    readonly mountFlags: readonly string[];
    readonly volumeMountGroup?: string;
  };
  /** A device without a file system. */
  readonly block?: Readonly<Record<string, never>>;
  readonly accessMode: { readonly mode: string };
}

export interface StageRequest {
  readonly volumeId: string;
  readonly publishContext: Texts;
  readonly stagingTargetPath: string;
  readonly volumeCapability: VolumeCapability;
  readonly secrets: Texts;
  readonly volumeContext: Texts;
}

export interface PublishRequest extends Omit<StageRequest, 'stagingTargetPath'> {
  readonly stagingTargetPath?: string;
  readonly targetPath: string;
  readonly readonly: boolean;
}

export interface NodeInfo {
  readonly nodeId: string;
  readonly maxVolumesPerNode: string;
  readonly accessibleTopology: { readonly segments: Texts } | null;
}

export interface VolumeUsage {
  readonly available: string;
  readonly total: string;
  readonly used: string;
  readonly unit: 'UNKNOWN' | 'BYTES' | 'INODES';
}

/** The node service of a storage driver (CSI v1). All calls reject with RuntimeErrors; all are idempotent. */
export interface CsiNodePlugin {
  nodeInfo(options?: CallOptions): Promise<NodeInfo>;
  /** `STAGE_UNSTAGE_VOLUME`, `EXPAND_VOLUME`, `GET_VOLUME_STATS` and the like. */
  nodeCapabilities(options?: CallOptions): Promise<ReadonlySet<string>>;
  stage(request: StageRequest, options?: CallOptions): Promise<void>;
  unstage(request: { volumeId: string; stagingTargetPath: string }, options?: CallOptions): Promise<void>;
  publish(request: PublishRequest, options?: CallOptions): Promise<void>;
  unpublish(request: { volumeId: string; targetPath: string }, options?: CallOptions): Promise<void>;
  expand(
    request: {
      volumeId: string;
      volumePath: string;
      stagingTargetPath: string;
      capacityRange: { requiredBytes: string };
      volumeCapability: VolumeCapability;
    },
    options?: CallOptions,
  ): Promise<void>;
  stats(request: { volumeId: string; volumePath: string }, options?: CallOptions): Promise<readonly VolumeUsage[]>;
  close(): void;
}

/** The codecs of `csi.<Message>`. */
export const csiCodecs = codecsOf({ csi: csiFacts['csi.v1'] as FactPackage });

/** A method of CSI whose messages are named after it. */
export function csiMethod(service: 'Identity' | 'Controller' | 'Node', name: string): Method {
  return { path: `/csi.v1.${service}/${name}`, request: `csi.${name}Request`, response: `csi.${name}Response` };
}

/** A slow driver is called again, since all calls are idempotent (upstream: csiTimeout). */
const usualTimeoutMs = 120_000;

/** Connects when first called. `endpoint` is the path of a Unix socket. Calls that take too long reject with DeadlineExceeded. */
export function connectCsi(endpoint: string, { timeoutMs = usualTimeoutMs } = {}): CsiNodePlugin {
  const channel = new GrpcChannel(endpoint, csiCodecs);
  const node = <R>(name: string, message: unknown, options?: CallOptions): Promise<R> =>
    channel.unary<R>(csiMethod('Node', name), message, { timeoutMs, ...options });
  return {
    nodeInfo: (options) => node('NodeGetInfo', {}, options),
    nodeCapabilities: async (options) => {
      const { capabilities } = await node<{ capabilities: { rpc: { type: string } | null }[] }>(
        'NodeGetCapabilities',
        {},
        options,
      );
      return new Set(capabilities.flatMap(({ rpc }) => (rpc ? [rpc.type] : [])));
    },
    stage: async (request, options) => void (await node('NodeStageVolume', request, options)),
    unstage: async (request, options) => void (await node('NodeUnstageVolume', request, options)),
    publish: async (request, options) => void (await node('NodePublishVolume', request, options)),
    unpublish: async (request, options) => void (await node('NodeUnpublishVolume', request, options)),
    expand: async (request, options) => void (await node('NodeExpandVolume', request, options)),
    stats: async (request, options) =>
      (await node<{ usage: VolumeUsage[] }>('NodeGetVolumeStats', request, options)).usage,
    close: () => channel.close(),
  };
}
