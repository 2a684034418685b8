import { useMemo } from 'preact/hooks';
import { pathOf, type Resource, resourceName } from '../api/resource.ts';
import { type Amounts, sumOf } from '../facts/usage.ts';
import { usageKey } from '../facts/usage-columns.ts';
import { usePolled } from './live.ts';
import { metricsMs } from './node-usage.tsx';
import { useSurroundings } from './surroundings.ts';

interface MetricsList {
  readonly items: readonly {
    readonly metadata: { readonly namespace?: string; readonly name: string };
    /** Of nodes. */
    readonly usage?: Readonly<Record<string, string>>;
    /** Of pods. */
    readonly containers?: readonly { readonly usage: Readonly<Record<string, string>> }[];
  }[];
}

/** What each pod or node uses now; undefined for other kinds, and where nothing measures it. */
export function useUsage(resource: Resource, namespace: string): ReadonlyMap<string, Amounts> | undefined {
  const { catalogue } = useSurroundings();
  const name = resourceName(resource);
  const measured = ['pods', 'nodes'].includes(name) ? catalogue.named(`${name}.metrics.k8s.io`) : undefined;
  const answer = usePolled<MetricsList>(measured && pathOf(measured, { namespace }), metricsMs);
  return useMemo(
    () =>
      answer &&
      new Map(
        answer.items.map(({ metadata, usage, containers = [] }) => [
          usageKey(metadata),
          sumOf([usage, ...containers.map((one) => one.usage)]),
        ]),
      ),
    [answer],
  );
}
