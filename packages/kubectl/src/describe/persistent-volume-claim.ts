import { type PersistentVolumeClaim, type PersistentVolumeClaimSpec, type Pod, pods } from '@typernetes/api/core/v1';
import { humanDuration, type ObjectMeta } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';
import { describeList, goList } from './metadata.ts';
import { longTime } from './times.ts';

export const describePersistentVolumeClaim: Describer<PersistentVolumeClaim> = async (claim, text, deps) => {
  const { metadata, status } = claim;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'StorageClass:', claimClass(claim));
  text.line(0, 'Status:', phaseText(claim, deps.clock.now()));
  describeClaimBody(text, 0, claim);
  const { items } = await deps.client.resource(pods).list({ namespace: metadata.namespace ?? '' });
  describeList(text, { level: 0, title: 'Used By:', values: usersOf(claim, items) });
  if (status?.conditions?.length) {
    text.line(0, 'Conditions:');
    text.line(1, 'Type', 'Status', 'LastProbeTime', 'LastTransitionTime', 'Reason', 'Message');
    text.line(1, '----', '------', '-----------------', '------------------', '------', '-------');
    for (const c of status.conditions) {
      // Upstream's cells end in a blank here.
      const cells = [c.type, c.status, longTime(c.lastProbeTime), longTime(c.lastTransitionTime), c.reason ?? ''];
      text.line(1, ...cells.map((cell) => `${cell} `), c.message ?? '');
    }
  }
};

/** The common part of a claim and a claim template. */
export function describeClaimBody(
  text: Description,
  level: number,
  claim: { metadata?: Partial<ObjectMeta>; spec?: PersistentVolumeClaimSpec; status?: PersistentVolumeClaim['status'] },
  whole = true,
): void {
  const { metadata, spec, status } = claim;
  text.line(level, 'Volume:', spec?.volumeName ?? '');
  if (whole) {
    text.pairs(level, 'Labels:', metadata?.labels);
    text.annotations(level, metadata?.annotations);
  } else {
    text.nestedPairs(level, 'Labels:', metadata?.labels);
    text.nestedPairs(level, 'Annotations:', metadata?.annotations, ': ');
  }
  if (whole) text.line(level, 'Finalizers:', goList(metadata?.finalizers));
  const bound = (spec?.volumeName ?? '') !== '';
  text.line(level, 'Capacity:', bound ? (status?.capacity?.storage ?? '0') : '');
  text.line(level, 'Access Modes:', bound ? accessModesText(status?.accessModes) : '');
  if (spec?.volumeMode) text.line(level, 'VolumeMode:', spec.volumeMode);
  if (spec?.dataSource) {
    const { apiGroup, kind, name } = spec.dataSource;
    text.line(level, 'DataSource:');
    if (apiGroup !== undefined) text.line(level + 1, 'APIGroup:', apiGroup);
    text.line(level + 1, 'Kind:', kind);
    text.line(level + 1, 'Name:', name);
  }
}

/** The class by the old annotation, else by the field; empty when there is none. */
export function claimClass({
  metadata,
  spec,
}: {
  metadata?: Partial<ObjectMeta>;
  spec?: { storageClassName?: string };
}): string {
  return metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,ROX,RWX,RWOP`, in this order. */
export function accessModesText(modes: readonly string[] = []): string {
  return Object.entries(shortModes)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** `Bound`, or `Terminating (lasts 5s)`. */
export function phaseText(of: { metadata: ObjectMeta; status?: { phase?: string } }, now: number): string {
  const { deletionTimestamp } = of.metadata;
  if (deletionTimestamp) return `Terminating (lasts ${humanDuration(now - Date.parse(deletionTimestamp))})`;
  return of.status?.phase ?? '';
}

/** Names of the pods that mount the claim or own it. */
function usersOf({ metadata }: PersistentVolumeClaim, items: readonly Pod[]): string[] {
  const owners = new Set((metadata.ownerReferences ?? []).filter(({ kind }) => kind === 'Pod').map(({ uid }) => uid));
  const mounts = ({ spec }: Pod): boolean =>
    spec.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === metadata.name) ?? false;
  return items
    .filter((pod) => mounts(pod) || owners.has(pod.metadata.uid))
    .map((pod) => pod.metadata.name)
    .sort();
}
