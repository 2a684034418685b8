import { createHash } from 'node:crypto';
import type { PersistentVolume, Pod, Volume } from '@typernetes/api/core/v1';
import type { CSIDriver } from '@typernetes/api/storage/v1';

interface SecretReference {
  readonly namespace?: string;
  readonly name?: string;
}

/** A CSI volume, either from a persistent volume claim or inline in the pod. */
export interface CsiSource {
  readonly mode: 'Persistent' | 'Ephemeral';
  /** A device without a file system (`volumeMode: Block`). */
  readonly block: boolean;
  /** The name of the volume's directory: the persistent volume's name, or the volume's name in the pod. */
  readonly name: string;
  readonly driver: string;
  readonly handle: string;
  readonly fsType: string;
  readonly mountOptions: readonly string[];
  readonly accessModes: readonly string[];
  readonly readOnly: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly stageSecret?: SecretReference;
  readonly publishSecret?: SecretReference;
}

export function persistentSource({ metadata, spec }: PersistentVolume, readOnly: boolean): CsiSource {
  if (!spec?.csi) throw new Error(`volume ${metadata.name} is not one of a storage driver`);
  const { driver, volumeHandle, fsType, volumeAttributes, nodeStageSecretRef, nodePublishSecretRef } = spec.csi;
  return {
    mode: 'Persistent',
    block: spec.volumeMode === 'Block',
    name: metadata.name,
    driver,
    handle: volumeHandle,
    fsType: fsType ?? '',
    mountOptions: spec.mountOptions ?? [],
    accessModes: spec.accessModes ?? [],
    readOnly: readOnly || (spec.csi.readOnly ?? false),
    attributes: volumeAttributes ?? {},
    ...(nodeStageSecretRef ? { stageSecret: nodeStageSecretRef } : {}),
    ...(nodePublishSecretRef ? { publishSecret: nodePublishSecretRef } : {}),
  };
}

/**
 * An inline (ephemeral) volume, created for the pod and deleted with it; its handle is generated here (upstream:
 * makeVolumeHandle).
 */
export function inlineSource(pod: Pod, { name, csi }: Volume): CsiSource {
  if (!csi) throw new Error(`volume ${name} is not one of a storage driver`);
  const { namespace = 'default', uid } = pod.metadata;
  return {
    mode: 'Ephemeral',
    block: false,
    name,
    driver: csi.driver,
    handle: `csi-${createHash('sha256').update(`${uid}${name}`).digest('hex')}`,
    fsType: csi.fsType ?? '',
    mountOptions: [],
    accessModes: ['ReadWriteOnce'],
    readOnly: csi.readOnly ?? false,
    attributes: csi.volumeAttributes ?? {},
    ...(csi.nodePublishSecretRef ? { publishSecret: { namespace, ...csi.nodePublishSecretRef } } : {}),
  };
}

/**
 * Why the driver does not support volumes of this kind; undefined when it does. A driver that declares nothing supports
 * persistent volumes only.
 */
export function modeProblem({ mode, driver }: CsiSource, object: CSIDriver | undefined): string | undefined {
  const refused = `volume mode "${mode}" not supported by driver ${driver}`;
  if (!object) return mode === 'Persistent' ? undefined : `${refused} (no CSIDriver object)`;
  const modes = object.spec.volumeLifecycleModes ?? ['Persistent'];
  if (modes.includes(mode)) return undefined;
  return `${refused} (only supports [${modes.map((one) => `"${one}"`).join(' ')}])`;
}

/** The information about the pod that the driver gets if it asks for it. */
export function podContext(pod: Pod, { mode }: CsiSource): Readonly<Record<string, string>> {
  return {
    'csi.storage.k8s.io/pod.name': pod.metadata.name,
    'csi.storage.k8s.io/pod.namespace': pod.metadata.namespace ?? 'default',
    'csi.storage.k8s.io/pod.uid': pod.metadata.uid,
    'csi.storage.k8s.io/serviceAccount.name': pod.spec?.serviceAccountName ?? 'default',
    'csi.storage.k8s.io/ephemeral': String(mode === 'Ephemeral'),
  };
}

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'SINGLE_NODE_WRITER',
  ReadOnlyMany: 'MULTI_NODE_READER_ONLY',
  ReadWriteMany: 'MULTI_NODE_MULTI_WRITER',
  ReadWriteOncePod: 'SINGLE_NODE_SINGLE_WRITER',
};

/** The access mode in CSI's terms; drivers that support the finer single-node modes get those. */
export function accessModeOf(modes: readonly string[], capabilities: ReadonlySet<string>): string {
  const best = ['ReadWriteMany', 'ReadWriteOncePod', 'ReadWriteOnce', 'ReadOnlyMany'].find((mode) =>
    modes.includes(mode),
  );
  const detailed = capabilities.has('SINGLE_NODE_MULTI_WRITER');
  if (best === 'ReadWriteOnce' && detailed) return 'SINGLE_NODE_MULTI_WRITER';
  if (best === 'ReadWriteOncePod' && !detailed) return 'SINGLE_NODE_WRITER';
  return accessModes[best ?? 'ReadWriteOnce'] ?? 'SINGLE_NODE_WRITER';
}

/**
 * Whether the volume's group ownership is set to the pod's fsGroup, by the driver's policy (upstream: supportsFSGroup).
 */
export function followsGroup(
  { block, readOnly, fsType, accessModes }: CsiSource,
  object: CSIDriver | undefined,
): boolean {
  const policy = object?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType';
  if (block || readOnly || policy === 'None') return false;
  const single = accessModes.includes('ReadWriteOnce') || accessModes.includes('ReadWriteOncePod');
  return policy === 'File' || (single && fsType !== '');
}
