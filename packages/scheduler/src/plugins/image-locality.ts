import type { Pod } from '@typernetes/api/core/v1';
import { maxNodeScore, type SchedulerPlugin } from '../framework/plugin.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';

const mebibyte = 1024 * 1024;
const minThreshold = 23 * mebibyte;
const maxThresholdPerContainer = 1000 * mebibyte;

interface Scoring {
  readonly names: readonly string[];
  /** By image name: the share of nodes that have it. */
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
    // Image volumes count for the score, not for its upper end (kubernetes/kubernetes#138952, mended after v1.36).
    const containers = (pod.spec.initContainers?.length ?? 0) + pod.spec.containers.length;
    return { scoring: { names, spread, max: maxThresholdPerContainer * containers } };
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

/** Of its containers and its image volumes. */
function imagesOf({ spec: { initContainers = [], containers, volumes = [] } }: Pod): readonly string[] {
  const ofContainers = [...initContainers, ...containers].map(({ image }) => image ?? '');
  const ofVolumes = volumes.flatMap(({ image }) => image?.reference ?? []);
  return [...ofContainers, ...ofVolumes].map(taggedName);
}

/**
 * With the default tag, as runtimes report it. As upstream, no registry is guessed: `plain` does not match a node's
 * `docker.io/library/plain:latest`.
 */
const taggedName = (image: string): string =>
  image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
