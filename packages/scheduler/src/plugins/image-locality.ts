import type { Pod } from '@typernetes/api/core/v1';
import { maxNodeScore, type SchedulerPlugin } from '../framework/plugin.ts';

const mebibyte = 1024 * 1024;
const minThreshold = 23 * mebibyte;
const maxThresholdPerContainer = 1000 * mebibyte;

/** Prefers nodes that hold the pod's images already, by their size. */
export const imageLocality = {
  name: 'ImageLocality',
  wakesOn: [],
  score: (pod, { node }) => {
    const wanted = imagesOf(pod);
    let held = 0;
    for (const image of node.status?.images ?? []) {
      if ((image.names ?? []).some((name) => wanted.has(name))) held += image.sizeBytes ?? 0;
    }
    const max = maxThresholdPerContainer * (pod.spec.containers.length + (pod.spec.initContainers?.length ?? 0));
    const clamped = Math.min(Math.max(held, minThreshold), max);
    return Math.floor((maxNodeScore * (clamped - minThreshold)) / (max - minThreshold));
  },
} satisfies SchedulerPlugin;

/** Image names as nodes report them: with registry and tag. */
function imagesOf(pod: Pod): ReadonlySet<string> {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return new Set(containers.map((container) => canonicalName(container.image ?? '')));
}

function canonicalName(image: string): string {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const hasRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  const name = hasRegistry ? image : `docker.io/${slash < 0 ? 'library/' : ''}${image}`;
  return name.includes('@') || name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`;
}
