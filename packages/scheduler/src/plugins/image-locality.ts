import type { Pod } from '@typernetes/api/core/v1';
import { maxNodeScore, type SchedulerPlugin } from '../framework/plugin.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';

const mebibyte = 1024 * 1024;
const minThreshold = 23 * mebibyte;
const maxThresholdPerContainer = 1000 * mebibyte;

interface Scoring {
  readonly names: readonly string[];
  /** By image name: on which share of the nodes it is. */
  readonly spread: ReadonlyMap<string, number>;
  readonly max: number;
}

/** Prefers nodes that hold the pod's images already, by their size, and less so by those that few nodes have: herds would form there. */
export const imageLocality: SchedulerPlugin<undefined, Scoring> = {
  name: 'ImageLocality',
  wakesOn: [],
  prepareScore: (pod, _nodes, cluster) => {
    const names = imagesOf(pod);
    const spread = spreadOf(names, cluster);
    if (spread.size === 0) return { skip: true };
    return { scoring: { names, spread, max: maxThresholdPerContainer * names.length } };
  },
  score: (_pod, { images }, { names, spread, max }) => {
    let held = 0;
    for (const name of names) held += Math.floor((images.get(name) ?? 0) * (spread.get(name) ?? 0));
    const clamped = Math.min(Math.max(held, minThreshold), max);
    return Math.floor((maxNodeScore * (clamped - minThreshold)) / (max - minThreshold));
  },
};

function spreadOf(names: readonly string[], cluster: ClusterView): ReadonlyMap<string, number> {
  const spread = new Map<string, number>();
  for (const name of names) {
    const count = cluster.nodesWithImage(name);
    if (count > 0) spread.set(name, count / cluster.nodes.length);
  }
  return spread;
}

/** Image names as nodes report them: with registry and tag. */
function imagesOf(pod: Pod): readonly string[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ image }) => canonicalName(image ?? ''));
}

function canonicalName(image: string): string {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const hasRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  const name = hasRegistry ? image : `docker.io/${slash < 0 ? 'library/' : ''}${image}`;
  return name.includes('@') || name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`;
}
