import { nodes } from '@typernetes/api/core/v1';
import type { NodeMetrics } from '@typernetes/api/metrics/v1beta1';
import { defineCommand } from '../../command.ts';
import { Columns } from '../../printing/columns.ts';
import { usageError } from '../result.ts';
import { metricsAt } from './metrics-api.ts';
import {
  type Amounts,
  checkSelector,
  checkSortBy,
  cpuOf,
  cpuText,
  memoryOf,
  memoryText,
  percentText,
  sortedUsage,
  swapOf,
} from './usage.ts';

export const topNodeCommand = defineCommand({
  use: 'top node [NAME | -l label]',
  short: 'Display resource (CPU/memory) usage of nodes',
  flags: {
    'no-headers': { type: 'boolean', help: 'If present, print output without headers', default: false },
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
    'show-capacity': {
      type: 'boolean',
      help: 'Print node resources based on Capacity instead of Allocatable(default) of the nodes.',
      default: false,
    },
    'show-swap': { type: 'boolean', help: 'Print node resources related to swap memory.', default: false },
    'sort-by': {
      type: 'string',
      help: "If non-empty, sort nodes list using specified field. The field can be either 'cpu' or 'memory'.",
      default: '',
    },
    'use-protocol-buffers': {
      type: 'boolean',
      help: 'Accepted for the sake of scripts: metrics are read as JSON.',
      default: true,
    },
  } as const,
  async run({ flags, positional }, session) {
    checkSortBy(flags['sort-by']);
    const [name, ...more] = positional;
    if (more.length > 0) throw usageError('top node', 'node [NAME | -l label]');
    checkSelector(flags.selector);
    if (name !== undefined && flags.selector) throw new Error('only one of NAME or --selector can be provided');
    const query = new URLSearchParams(flags.selector ? { labelSelector: flags.selector } : {});
    const path = name === undefined ? 'nodes' : `nodes/${encodeURIComponent(name)}`;
    const metrics = await metricsAt<NodeMetrics>(path, { query, session });
    if (metrics.length === 0) throw new Error('metrics not available yet');
    const client = session.client.resource(nodes);
    const found =
      name === undefined
        ? (await client.list(flags.selector ? { labelSelector: flags.selector } : {})).items
        : [await client.get({ name })];
    const amounts = new Map<string, Amounts>(
      found.map(({ metadata, status }) => [
        metadata.name,
        ((flags['show-capacity'] ? status?.capacity : status?.allocatable) ?? {}) as Amounts,
      ]),
    );
    const swap = new Map(
      found.map(({ metadata, status }) => [metadata.name, Number(status?.nodeInfo?.swap?.capacity ?? 0)]),
    );
    const rows = sortedUsage(
      metrics.map(({ metadata, usage }) => ({ name: metadata.name, usage })),
      flags['sort-by'],
    ).map(({ name, usage }) => {
      const available = amounts.get(name) ?? {};
      const [cpu, memory] = [cpuOf(usage), memoryOf(usage)];
      return [
        name,
        cpuText(cpu),
        ...(available.cpu === undefined ? [] : [percentText(cpu, cpuOf(available))]),
        memoryText(memory),
        ...(available.memory === undefined ? [] : [percentText(memory, memoryOf(available))]),
        ...(flags['show-swap'] ? swapCells(usage, swap.get(name) ?? 0) : []),
      ];
    });
    const silent = [...amounts.keys()].filter((name) => !metrics.some(({ metadata }) => metadata.name === name)).sort();
    for (const name of silent) rows.push([name, ...Array<string>(flags['show-swap'] ? 6 : 4).fill('<unknown>')]);
    const header = ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'];
    if (flags['show-swap']) header.push('SWAP(bytes)', 'SWAP(%)');
    session.io.out(new Columns().format(padded(flags['no-headers'] ? rows : [header, ...rows])));
    return 0;
  },
});

/** A node without swap metrics is not shown as using none. */
function swapCells(usage: Amounts, capacity: number): string[] {
  if (usage.swap === undefined) return ['<unknown>', '<unknown>'];
  return [memoryText(swapOf(usage)), percentText(swapOf(usage), capacity)];
}

/** Upstream pads every cell of this table, including the last. */
export function padded(rows: readonly (readonly string[])[]): string[][] {
  return rows.map((row) => [...row, '']);
}
