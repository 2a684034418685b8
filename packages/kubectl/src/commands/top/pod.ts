import { pods } from '@typernetes/api/core/v1';
import type { PodMetrics } from '@typernetes/api/metrics/v1beta1';
import { formatDuration } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { Columns } from '../../printing/columns.ts';
import type { Session } from '../../session.ts';
import { usageError } from '../result.ts';
import { metricsAt } from './metrics-api.ts';
import { padded } from './node.ts';
import {
  type Amounts,
  checkSelector,
  checkSortBy,
  cpuOf,
  cpuText,
  memoryOf,
  memoryText,
  sortedUsage,
  swapOf,
} from './usage.ts';

interface PodUsage {
  readonly name: string;
  readonly namespace: string;
  readonly usage: Amounts;
  readonly containers: PodMetrics['containers'];
}

export const topPodCommand = defineCommand({
  use: 'top pod [NAME | -l label]',
  short: 'Display resource (CPU/memory) usage of pods',
  flags: {
    'all-namespaces': {
      type: 'boolean',
      short: 'A',
      help: 'If present, list the requested object(s) across all namespaces.',
      default: false,
    },
    containers: { type: 'boolean', help: 'If present, print usage of containers within a pod.', default: false },
    'field-selector': { type: 'string', help: 'Selector (field query) to filter on.', default: '' },
    'no-headers': { type: 'boolean', help: 'If present, print output without headers.', default: false },
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
    'show-swap': { type: 'boolean', help: 'Print pod resources related to swap memory.', default: false },
    'sort-by': {
      type: 'string',
      help: "If non-empty, sort pods list using specified field. The field can be either 'cpu' or 'memory'.",
      default: '',
    },
    sum: { type: 'boolean', help: 'Print the sum of the resource usage', default: false },
    'use-protocol-buffers': {
      type: 'boolean',
      help: 'Accepted for the sake of scripts: metrics are read as JSON.',
      default: true,
    },
  } as const,
  async run({ flags, positional }, session) {
    checkSortBy(flags['sort-by']);
    const [name, ...more] = positional;
    if (more.length > 0) throw usageError('top pod', 'pod [NAME | -l label]');
    checkSelector(flags.selector);
    if (name !== undefined && (flags.selector || flags['field-selector'])) {
      throw new Error('only one of NAME or selector can be provided');
    }
    const all = flags['all-namespaces'];
    const query = new URLSearchParams({
      ...(flags.selector ? { labelSelector: flags.selector } : {}),
      ...(flags['field-selector'] ? { fieldSelector: flags['field-selector'] } : {}),
    });
    const where = all ? 'pods' : `namespaces/${encodeURIComponent(session.namespace)}/pods`;
    const path = name === undefined ? where : `${where}/${encodeURIComponent(name)}`;
    const metrics = await metricsAt<PodMetrics>(path, { query, session });
    if (metrics.length === 0) {
      await checkPods({ name, query, namespace: all ? undefined : session.namespace }, session);
      session.io.err(all ? 'No resources found\n' : `No resources found in ${session.namespace} namespace.\n`);
      return 0;
    }
    const inNamespaces = metrics
      .map(podUsage)
      .sort((a, b) => (a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : a.name < b.name ? -1 : 1));
    const shown = flags['sort-by'] === '' ? inNamespaces : sortedUsage(inNamespaces, flags['sort-by']);
    const rows = shown.flatMap((pod) => {
      const place = all ? [pod.namespace] : [];
      if (!flags.containers) return [[...place, pod.name, ...amountsOf(pod.usage, flags['show-swap'])]];
      return sortedUsage(pod.containers, flags['sort-by']).map((container) => [
        ...place,
        pod.name,
        container.name,
        ...amountsOf(container.usage, flags['show-swap']),
      ]);
    });
    const names = flags.containers ? ['POD', 'NAME'] : ['NAME'];
    const header = [
      ...(all ? ['NAMESPACE'] : []),
      ...names,
      'CPU(cores)',
      'MEMORY(bytes)',
      ...(flags['show-swap'] ? ['SWAP(bytes)'] : []),
    ];
    if (flags.sum) {
      const swap = flags['show-swap'];
      // As upstream: without headers as if there were but names before, and one to the right where there is a column more.
      const before = flags['no-headers'] ? 1 : (all ? 1 : 0) + names.length;
      const blanks = Array<string>(before + (swap ? 1 : 0)).fill('');
      const sum = { cpu: total(shown, cpuOf), memory: total(shown, memoryOf) };
      rows.push(
        [...blanks, '________', '________'],
        [...blanks, cpuText(sum.cpu), memoryText(sum.memory), ...(swap ? [memoryText(total(shown, swapOf))] : [])],
      );
    }
    session.io.out(new Columns().format(padded(flags['no-headers'] ? rows : [header, ...rows])));
    return 0;
  },
});

/** The age from which a pod should have metrics. */
const firstMetricsMs = 120_000;

/** Throws if pods exist that have no metrics. */
async function checkPods(
  of: { name: string | undefined; query: URLSearchParams; namespace: string | undefined },
  { client, clock }: Session,
): Promise<void> {
  const { name, query, namespace } = of;
  const [labelSelector, fieldSelector] = [query.get('labelSelector'), query.get('fieldSelector')];
  const found =
    name === undefined
      ? await client.resource(pods).list({
          ...(namespace === undefined ? {} : { namespace }),
          ...(labelSelector ? { labelSelector } : {}),
          ...(fieldSelector ? { fieldSelector } : {}),
        })
      : { items: [await client.resource(pods).get({ name, ...(namespace === undefined ? {} : { namespace }) })] };
  const [first] = found.items;
  if (!first) return;
  const { metadata } = first;
  const age = clock.now() - Date.parse(metadata.creationTimestamp);
  if (age <= firstMetricsMs) throw new Error('metrics not available yet');
  throw new Error(`Metrics not available for pod ${metadata.namespace}/${metadata.name}, age: ${formatDuration(age)}`);
}

/** The total usage of a pod's containers. */
export function podUsage({ metadata, containers }: PodMetrics): PodUsage {
  const usages = containers.map(({ name, usage }) => ({ name, usage }));
  const usage = {
    cpu: `${total(usages, cpuOf)}m`,
    memory: String(total(usages, memoryOf)),
    swap: String(total(usages, swapOf)),
  };
  return { name: metadata.name, namespace: metadata.namespace ?? '', usage, containers };
}

function total(of: readonly { readonly usage: Amounts }[], amount: (usage: Amounts) => number): number {
  return of.reduce((sum, { usage }) => sum + amount(usage), 0);
}

function amountsOf(usage: Amounts, withSwap: boolean): string[] {
  const swap = withSwap ? [memoryText(swapOf(usage))] : [];
  return [cpuText(cpuOf(usage)), memoryText(memoryOf(usage)), ...swap];
}
