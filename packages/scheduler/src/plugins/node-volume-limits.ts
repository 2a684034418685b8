import type { Pod } from '@typernetes/api/core/v1';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept, refuseForNow } from '../framework/verdict.ts';
import { claimNameOf, classNameOf, hasClaims } from '../volumes/claims.ts';
import { byNode, type StorageView, storageView } from '../volumes/storage-view.ts';

/** By an identity that is the same for the same volume: its driver. */
type CsiVolumes = ReadonlyMap<string, string>;

const refused = refuseForNow('node(s) exceed max volume count');

/** A CSI driver attaches no more volumes to a node than its CSINode says. */
export function nodeVolumeLimits({ informers }: PluginHandle): SchedulerPlugin<CsiVolumes> {
  const storage = storageView(informers);
  return {
    name: 'NodeVolumeLimits',
    wakesOn: [
      wakeUp('CSINode', ['add', 'update'], {
        helps: (_pod, { object, old }) => {
          const before = new Map(old?.spec.drivers?.map(({ name, allocatable }) => [name, allocatable?.count]));
          return (object.spec.drivers ?? []).some(
            ({ name, allocatable }) => (allocatable?.count ?? Number.POSITIVE_INFINITY) > (before.get(name) ?? 0),
          );
        },
      }),
      wakeUp('AssignedPod', ['delete'], { helps: (_pod, { object }) => hasClaims(object) }),
      wakeUp('PersistentVolumeClaim', ['add'], {
        helps: (pod, { object }) => object.metadata.namespace === pod.metadata.namespace,
      }),
      wakeUp('VolumeAttachment', ['delete']),
    ],
    prepare: (pod) => {
      if (!hasClaims(pod)) return { skip: true };
      const prepared = volumesOf(pod, storage);
      return { prepared, skip: prepared.size === 0 };
    },
    filter: (_pod, node, wanted) => {
      const drivers = storage.csiNodes.get(node.name)?.spec.drivers ?? [];
      const limits = new Map(
        drivers.flatMap(({ name, allocatable }) =>
          allocatable?.count === undefined ? [] : [[name, allocatable.count] as const],
        ),
      );
      if (![...wanted.values()].some((driver) => limits.has(driver))) return accept;
      const present = new Map<string, string>(attachedTo(node.name, storage));
      for (const other of node.podsWithVolumes())
        for (const [id, driver] of volumesOf(other, storage)) present.set(id, driver);
      const counts = new Map<string, number>();
      for (const driver of present.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
      for (const [id, driver] of wanted) {
        if (present.has(id)) continue;
        const count = (counts.get(driver) ?? 0) + 1;
        counts.set(driver, count);
        if (count > (limits.get(driver) ?? Number.POSITIVE_INFINITY)) return refused;
      }
      return accept;
    },
  };
}

/** The CSI volumes of a pod. One that does not exist yet counts for the driver that will provision it. */
function volumesOf(pod: Pod, { claims, volumes, classes }: StorageView): CsiVolumes {
  const found = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    const key = `${pod.metadata.namespace}/${name}`;
    const claim = name === undefined ? undefined : claims.get(key);
    if (!claim) continue;
    const bound = claim.spec?.volumeName ? volumes.get(claim.spec.volumeName) : undefined;
    if (bound) {
      if (bound.spec?.csi) found.set(`${bound.spec.csi.driver}/${bound.spec.csi.volumeHandle}`, bound.spec.csi.driver);
      continue;
    }
    const driver = classes.get(classNameOf(claim))?.provisioner;
    if (driver) found.set(`${driver}/${key}`, driver);
  }
  return found;
}

/** The volumes attached to the node, including those of pods that are gone. */
function* attachedTo(node: string, { attachments, volumes }: StorageView): Generator<readonly [string, string]> {
  for (const { spec } of attachments.byIndex(byNode, node)) {
    const csi = volumes.get(spec.source.persistentVolumeName ?? '')?.spec?.csi;
    if (csi) yield [`${csi.driver}/${csi.volumeHandle}`, csi.driver];
  }
}
