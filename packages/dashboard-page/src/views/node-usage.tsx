import type { Node } from '@typernetes/api/core/v1';
import { amountsOf, cpuText, memoryText, sumOf } from '../facts/usage.ts';
import { usePolled } from './live.ts';
import { Part } from './marks.tsx';
import { useSurroundings } from './surroundings.ts';
import { UsageBar } from './usage-bar.tsx';

interface MetricsList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly usage: Readonly<Record<string, string>>;
  }[];
}

/** How often metrics are read, in milliseconds: servers measure no more often. */
export const metricsMs = 15_000;

/** What is used of all nodes together, where something measures it. */
export function NodeUsage({ nodes }: { readonly nodes: readonly Node[] }) {
  const { catalogue } = useSurroundings();
  const isMeasured = catalogue.named('nodes.metrics.k8s.io') !== undefined;
  const metrics = usePolled<MetricsList>(isMeasured ? '/apis/metrics.k8s.io/v1beta1/nodes' : undefined, metricsMs);
  if (!metrics || nodes.length === 0) return null;
  const used = sumOf(metrics.items.map(({ usage }) => usage));
  const all = sumOf(nodes.map(({ status }) => status?.allocatable as Record<string, string> | undefined));
  return (
    <Part title="Used of all nodes">
      <UsageBar label="CPU" used={used.cpu} of={all.cpu} text={cpuText} />
      <UsageBar label="Memory" used={used.memory} of={all.memory} text={memoryText} />
    </Part>
  );
}

/** The same of one node. */
export function OneNodeUsage({ node }: { readonly node: Node }) {
  const { catalogue } = useSurroundings();
  const isMeasured = catalogue.named('nodes.metrics.k8s.io') !== undefined;
  const path = `/apis/metrics.k8s.io/v1beta1/nodes/${encodeURIComponent(node.metadata.name ?? '')}`;
  const metrics = usePolled<MetricsList['items'][number]>(isMeasured ? path : undefined, metricsMs);
  if (!metrics) return null;
  const used = amountsOf(metrics.usage);
  const all = amountsOf(node.status?.allocatable as Record<string, string> | undefined);
  return (
    <Part title="Used">
      <UsageBar label="CPU" used={used.cpu} of={all.cpu} text={cpuText} />
      <UsageBar label="Memory" used={used.memory} of={all.memory} text={memoryText} />
    </Part>
  );
}
