import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';

const identity = (name: string) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

export function makeClass(name: string, rest: Partial<StorageClass> = {}): StorageClass {
  return {
    metadata: identity(name),
    provisioner: 'example.com/csi',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...rest,
  };
}

/** An unbound claim for 1 GiB; `volume` binds it. */
export function makeClaim(
  name: string,
  {
    volume,
    annotations,
    ...spec
  }: PersistentVolumeClaim['spec'] & { volume?: string; annotations?: Record<string, string> } = {},
): PersistentVolumeClaim {
  const bound: Record<string, string> = volume ? { 'pv.kubernetes.io/bind-completed': 'yes' } : {};
  return {
    metadata: { ...identity(name), namespace: 'default', annotations: { ...annotations, ...bound } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'late',
      ...(volume ? { volumeName: volume } : {}),
      ...spec,
    },
    status: { phase: volume ? 'Bound' : 'Pending' },
  };
}

/** An available volume that the nodes named can reach; all of them when none is named. */
export function makeVolume(
  name: string,
  {
    nodes,
    size = '1Gi',
    labels,
    ...spec
  }: PersistentVolume['spec'] & { nodes?: string[]; size?: string; labels?: Record<string, string> } = {},
): PersistentVolume {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In' as const, values: nodes ?? [] }];
  return {
    metadata: { ...identity(name), ...(labels ? { labels } : {}) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: size },
      storageClassName: 'late',
      ...(nodes ? { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } } : {}),
      ...spec,
    },
    status: { phase: 'Available' },
  };
}
