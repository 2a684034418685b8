import type { Container, PodSpec } from './v1.gen.ts';

interface Placed {
  readonly container: Container;
  readonly path: string;
}

/** All containers of a pod with their paths. */
export function* everyContainer(
  spec: Pick<PodSpec, 'containers' | 'initContainers' | 'ephemeralContainers'>,
  at = 'spec',
): Generator<Placed> {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    for (const [i, container] of (spec[list] ?? []).entries())
      yield { container: container as Container, path: `${at}.${list}[${i}]` };
}
