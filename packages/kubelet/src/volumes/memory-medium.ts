import type { Pod } from '@typernetes/api/core/v1';
import { goQuote } from '@typernetes/machinery';
import { unitsOf } from '../pod/amount.ts';
import { podResources } from '../pod/resources.ts';
import type { PodFacts } from '../runtime/pod-facts.ts';

/**
 * The size of a memory-backed volume: the memory limit of the pod or of all pods, and at most the volume's own limit
 * (upstream: calculateEmptyDirMemorySize).
 */
export function memoryBytesOf(
  pod: Pod,
  sizeLimit: string | undefined,
  { allocatable }: Pick<PodFacts, 'allocatable'>,
): number {
  const limits = [unitsOf(allocatable.memory), podResources(pod, undefined).memoryLimit, unitsOf(sizeLimit)];
  return Math.min(...limits.filter((bytes): bytes is number => (bytes ?? 0) > 0));
}

/**
 * The page size of `HugePages` or `HugePages-2Mi`: the one that the containers request. Throws if that is ambiguous.
 */
export function pageBytesOf({ spec }: Pod, medium: string): number {
  const asked = new Set(
    [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap(({ resources }) =>
      Object.keys(resources?.requests ?? resources?.limits ?? {}).flatMap((name) =>
        name.startsWith('hugepages-') ? [name.slice('hugepages-'.length)] : [],
      ),
    ),
  );
  const named = medium.slice('HugePages'.length).replace(/^-/, '');
  if (named === '') {
    const [only] = asked;
    if (asked.size === 0 || only === undefined)
      throw new Error('hugePages storage requested, but there is no resource request for huge pages');
    if (asked.size > 1)
      throw new Error('medium "HugePages" can\'t be used if container(s) request multiple huge page sizes');
    return unitsOf(only) ?? 0;
  }
  if (!asked.has(named))
    throw new Error(`medium ${goQuote(medium)}: resource hugepages-${named} is not requested by any container`);
  return unitsOf(named) ?? 0;
}
