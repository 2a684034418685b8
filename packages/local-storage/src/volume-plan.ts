import type { Node, PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';
import { timestamp } from '@typernetes/base';
import { compareQuantities, fnv32a, parseQuantity } from '@typernetes/machinery';
import { driverName, handlePattern, topologyKey } from './names.ts';

const provisionerAnnotation = 'volume.kubernetes.io/storage-provisioner';
export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node';
const provisionedByAnnotation = 'pv.kubernetes.io/provisioned-by';

/** Whether this node must provision the claim: the binder has asked for it, and this node was chosen. */
export function isOurs(claim: PersistentVolumeClaim, nodeName: string): boolean {
  return chosenNode(claim) === nodeName && isWanted(claim);
}

/** Whether this driver must provision the claim, but on which node is not known yet. */
export function isUnchosen(claim: PersistentVolumeClaim): boolean {
  return chosenNode(claim) === undefined && isWanted(claim);
}

/** Whether no scheduler will choose a node for such a claim: one of the nodes has to take it. */
export function isFree(claim: PersistentVolumeClaim, { volumeBindingMode }: StorageClass): boolean {
  return isUnchosen(claim) && volumeBindingMode !== 'WaitForFirstConsumer';
}

/** Whether the node may take such claims: pods without tolerations come to it, and the class allows volumes there. */
export function mayTake({ metadata, spec }: Node, { allowedTopologies = [] }: StorageClass): boolean {
  const closed = (spec?.taints ?? []).some(({ effect }) => effect !== 'PreferNoSchedule');
  const terms = allowedTopologies.map(({ matchLabelExpressions = [] }) => matchLabelExpressions);
  const allowed = terms.some((term) =>
    term.every(({ key, values }) => key === topologyKey && values.includes(metadata.name)),
  );
  return !closed && (terms.length === 0 || allowed);
}

/** How long a node lets others take the claim first, in milliseconds: another one is first for each claim. */
export function turnMs({ metadata }: PersistentVolumeClaim, nodeName: string): number {
  return fnv32a(`${metadata.uid}/${nodeName}`) % 1000;
}

const chosenNode = ({ metadata }: PersistentVolumeClaim): string | undefined =>
  metadata.annotations?.[selectedNodeAnnotation];

const isWanted = ({ metadata, spec, status }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[provisionerAnnotation] === driverName &&
  !spec?.volumeName &&
  status?.phase !== 'Lost' &&
  metadata.deletionTimestamp === undefined;

export const volumeNameOf = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`;

/** Why this driver cannot provision a claim; undefined when it can. */
export function claimProblem({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec?.volumeMode === 'Block')
    return 'raw block volumes (volumeMode Block) are not supported: volumes are directories';
  if (spec?.dataSource || spec?.dataSourceRef) return 'volumes with a data source are not supported';
  if ((spec?.accessModes ?? []).includes('ReadWriteMany') || (spec?.accessModes ?? []).includes('ReadOnlyMany'))
    return 'volumes can be reached from one node only: accessModes must be ReadWriteOnce or ReadWriteOncePod';
  return undefined;
}

/** The volume for a claim, bound to it in advance so that no other claim gets it. */
export function volumeFor(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  nodeName: string,
): Omit<PersistentVolume, 'metadata' | 'status'> & {
  metadata: Pick<PersistentVolume['metadata'], 'name' | 'annotations'>;
} {
  const name = volumeNameOf(claim);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [provisionedByAnnotation]: driverName } },
    spec: {
      accessModes: claim.spec?.accessModes ?? ['ReadWriteOnce'],
      capacity: { storage: claim.spec?.resources?.requests?.storage ?? '0' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace: claim.metadata.namespace ?? 'default',
        name: claim.metadata.name,
        uid: claim.metadata.uid,
        resourceVersion: claim.metadata.resourceVersion ?? '',
      },
      csi: { driver: driverName, volumeHandle: name },
      mountOptions: storageClass.mountOptions ?? [],
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: topologyKey, operator: 'In', values: [nodeName] }] }],
        },
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
    },
  } as never;
}

/** Whether the volume belongs to this driver and is on this node. */
export function isHere({ metadata, spec }: PersistentVolume, nodeName: string): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const here = terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ key, values = [] }) => key === topologyKey && values.includes(nodeName)),
  );
  return here && metadata.annotations?.[provisionedByAnnotation] === driverName;
}

/** Whether the volume is released and this node must delete it. */
export function isToRemove(volume: PersistentVolume, nodeName: string): boolean {
  const { spec, status } = volume;
  return (
    isHere(volume, nodeName) &&
    spec?.persistentVolumeReclaimPolicy === 'Delete' &&
    status?.phase === 'Released' &&
    handlePattern.test(spec.csi?.volumeHandle ?? '')
  );
}

/** Whether the claim requests more than its volume's capacity. Volumes never shrink. */
export function isToGrow({ metadata, spec, status }: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const asked = spec?.resources?.requests?.storage;
  const has = volume.spec?.capacity?.storage;
  if (status?.phase !== 'Bound' || volume.spec?.claimRef?.uid !== metadata.uid || !asked || !has) return false;
  return compareQuantities(parseQuantity(asked), parseQuantity(has)) > 0;
}

/** The claim's status while the node has to finish the resize. */
export function pendingStatus({ spec, status }: PersistentVolumeClaim, now: number): object {
  const type = 'FileSystemResizePending';
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== type);
  const message = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
  return {
    conditions: [...others, { type, status: 'True', lastTransitionTime: timestamp(now), message }],
    allocatedResources: { storage: spec?.resources?.requests?.storage },
    allocatedResourceStatuses: { storage: 'NodeResizePending' },
  };
}
