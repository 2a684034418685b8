import type { Node } from '@typernetes/api/core/v1';
import { ipRangeText, rangesOverlap } from '@typernetes/base';
import type { Informer } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { type ClusterRange, parseRange } from './plan.ts';

/** `node_ipam_controller_cidrset_*`: what nodes have of each of the cluster's ranges. */
export function nodeRangeMetrics(metrics: Metrics, nodes: Informer<Node>, ranges: readonly ClusterRange[]): void {
  const labels = ['clusterCIDR'];
  const name = (rest: string): string => `node_ipam_controller_${rest}`;
  const allocations = metrics.counter(name('cidrset_cidrs_allocations_total'), {
    help: 'Counter measuring total number of CIDR allocations.',
    labels,
  });
  const releases = metrics.counter(name('cidrset_cidrs_releases_total'), {
    help: 'Counter measuring total number of CIDR releases.',
    labels,
  });
  const usage = metrics.gauge(name('cidrset_usage_cidrs'), {
    help: 'Gauge measuring percentage of allocated CIDRs.',
    labels,
  });
  const most = metrics.gauge(name('cirdset_max_cidrs'), {
    help: 'Maximum number of CIDRs that can be allocated.',
    labels,
  });
  const sets = ranges.map(({ whole, maskSize }) => ({
    whole,
    labels: [ipRangeText(whole)],
    max: 2 ** (maskSize - whole.prefix),
    held: 0,
  }));
  const moved = (node: Node | undefined, before: Node | undefined): void => {
    const [now, then] = [new Set(node?.spec.podCIDRs), new Set(before?.spec.podCIDRs)];
    for (const set of sets) {
      const inside = (texts: ReadonlySet<string>): number =>
        [...texts].filter((text) => rangesOverlap(set.whole, parseRange(text))).length;
      const [came, went] = [inside(now.difference(then)), inside(then.difference(now))];
      set.held += came - went;
      if (came > 0) allocations.add(set.labels, came);
      if (went > 0) releases.add(set.labels, went);
    }
  };
  nodes.onEvent({
    added: (node) => moved(node, undefined),
    updated: moved,
    deleted: (node) => moved(undefined, node),
  });
  for (const set of sets) most.set(set.max, set.labels);
  metrics.beforeRender(() => {
    for (const { held, max, labels } of sets) usage.set(held / max, labels);
  });
}
