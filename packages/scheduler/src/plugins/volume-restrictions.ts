import type { Pod, Volume } from '@typernetes/api/core/v1';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept, refuse, refuseForNow } from '../framework/verdict.ts';
import { claimsOf, hasClaims, usesClaim } from '../volumes/claims.ts';
import { storageView } from '../volumes/storage-view.ts';

interface Prepared {
  /** The disks that only one pod of a node may use. */
  readonly disks: readonly Volume[];
  /** Claims that only one pod of the cluster may use. */
  readonly exclusive: readonly string[];
  /** How many pods use one of those. */
  users: number;
}

const diskTaken = refuseForNow('node(s) had no available disk');
const claimTaken = refuseForNow(
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
);

/** Disks that cannot be attached twice, and claims for a single pod, keep other pods away. */
export function volumeRestrictions({ informers }: PluginHandle): SchedulerPlugin<Prepared> {
  const storage = storageView(informers);
  return {
    name: 'VolumeRestrictions',
    wakesOn: [
      wakeUp('AssignedPod', ['delete'], {
        helps: (pod, { object }) =>
          sharesDisk(disksOf(pod), object) ||
          (object.metadata.namespace === pod.metadata.namespace &&
            (pod.spec.volumes ?? []).some(
              ({ persistentVolumeClaim: claim }) => claim && usesClaim(object, claim.claimName),
            )),
      }),
      wakeUp('Node', ['add']),
      wakeUp('PersistentVolumeClaim', ['add'], {
        helps: (pod, { object: { metadata } }) =>
          metadata.namespace === pod.metadata.namespace && usesClaim(pod, metadata.name),
      }),
    ],
    prepare: (pod, cluster) => {
      if (!pod.spec.volumes?.length) return { skip: true };
      const disks = disksOf(pod);
      const claims = hasClaims(pod) ? claimsOf(pod, storage) : [];
      if (typeof claims === 'string') return { refusal: refuse(claims) };
      const exclusive = claims
        .filter(({ spec }) => spec?.accessModes?.includes('ReadWriteOncePod'))
        .map(({ metadata }) => metadata.name);
      const { namespace } = pod.metadata;
      const users = exclusive
        .map((claim) => ({
          key: `claim ${namespace}/${claim}`,
          matches: (other: Pod) => other.metadata.namespace === namespace && usesClaim(other, claim),
        }))
        .reduce((sum, matcher) => sum + cluster.pods.selected(matcher).total, 0);
      return { prepared: { disks, exclusive, users }, skip: disks.length === 0 && exclusive.length === 0 };
    },
    suppose: (prepared, pod, { pod: other, by }) => {
      if (other.metadata.namespace !== pod.metadata.namespace) return;
      for (const claim of prepared.exclusive) if (usesClaim(other, claim)) prepared.users += by;
    },
    filter: (_pod, node, { disks, users }) => {
      if (disks.length > 0) for (const other of node.podsWithVolumes()) if (sharesDisk(disks, other)) return diskTaken;
      return users > 0 ? claimTaken : accept;
    },
  };
}

function disksOf({ spec }: Pod): readonly Volume[] {
  return (spec.volumes ?? []).filter(
    (volume) => volume.gcePersistentDisk ?? volume.awsElasticBlockStore ?? volume.rbd ?? volume.iscsi,
  );
}

function sharesDisk(disks: readonly Volume[], { spec }: Pod): boolean {
  return disks.some((disk) => spec.volumes?.some((other) => conflict(disk, other)));
}

/** Whether both use the same disk, and not both read-only. */
function conflict(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk)
    return (
      a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName &&
      !(a.gcePersistentDisk.readOnly && b.gcePersistentDisk.readOnly)
    );
  if (a.awsElasticBlockStore && b.awsElasticBlockStore)
    return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID;
  if (a.iscsi && b.iscsi) return a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly);
  if (a.rbd && b.rbd) {
    const [one, other] = [a.rbd, b.rbd];
    const samePlace = one.monitors.some((monitor) => other.monitors.includes(monitor)) && one.pool === other.pool;
    return samePlace && one.image === other.image && !(one.readOnly && other.readOnly);
  }
  return false;
}
