import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept, refuse } from '../framework/verdict.ts';
import { claimsOf, hasClaims, usesClaim, waitsForConsumer } from '../volumes/claims.ts';
import { storageView } from '../volumes/storage-view.ts';

/** Each label with its successor or predecessor: either of them on a node will do. */
const topologyLabels: Readonly<Record<string, string>> = {
  'topology.kubernetes.io/zone': 'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};

interface Demand {
  readonly key: string;
  readonly values: ReadonlySet<string>;
}

const refused = refuse('node(s) had no available volume zone');

/** Volumes with zone labels can only be used in that zone. */
export function volumeZone({ informers }: PluginHandle): SchedulerPlugin<readonly Demand[]> {
  const storage = storageView(informers);
  return {
    name: 'VolumeZone',
    wakesOn: [
      wakeUp('StorageClass', ['add'], {
        helps: (_pod, { object }) => object.volumeBindingMode === 'WaitForFirstConsumer',
      }),
      wakeUp('Node', ['add', 'update'], { parts: ['labels'] }),
      wakeUp('PersistentVolumeClaim', ['add', 'update'], {
        helps: (pod, { object: { metadata } }) =>
          metadata.namespace === pod.metadata.namespace && usesClaim(pod, metadata.name),
      }),
      wakeUp('PersistentVolume', ['add', 'update']),
    ],
    prepare: (pod) => {
      if (!hasClaims(pod)) return { skip: true };
      const claims = claimsOf(pod, storage);
      if (typeof claims === 'string') return { refusal: refuse(claims) };
      const demands: Demand[] = [];
      for (const claim of claims) {
        const name = claim.spec?.volumeName;
        if (!name) {
          if (waitsForConsumer(claim, storage)) continue;
          return { refusal: refuse('PersistentVolume had no name') };
        }
        const volume = storage.volumes.get(name);
        if (!volume) return { refusal: refuse(`persistentvolume "${name}" not found`) };
        for (const key of Object.keys(topologyLabels)) {
          const value = volume.metadata.labels?.[key];
          if (value !== undefined) demands.push({ key, values: new Set(value.split('__')) });
        }
      }
      return { prepared: demands, skip: demands.length === 0 };
    },
    filter: (_pod, { labels }, demands) => {
      // A node that knows no zones is in none that could be wrong.
      if (!Object.keys(topologyLabels).some((key) => labels[key] !== undefined)) return accept;
      const meets = ({ key, values }: Demand): boolean => {
        const value = labels[key] ?? labels[topologyLabels[key] as string];
        return value !== undefined && values.has(value);
      };
      return demands.every(meets) ? accept : refused;
    },
  };
}
