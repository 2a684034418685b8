import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readResourceMetrics } from './reading.ts';

const now = 99_000;
const read = (...lines: string[]) => readResourceMetrics(`${lines.join('\n')}\n`, now);
const of = (container: string, pod = 'web') => `{container="${container}",namespace="shop",pod="${pod}"}`;

test('reads a node and the containers of its pods, each with its time', () => {
  const { node, pods } = read(
    '# HELP node_cpu_usage_seconds_total Cumulative cpu time consumed by the node in core-seconds',
    '# TYPE node_cpu_usage_seconds_total counter',
    'node_cpu_usage_seconds_total 357.35 1000',
    'node_memory_working_set_bytes 1.616273408e+09 1000',
    `container_cpu_usage_seconds_total${of('c')} 4.7 2000`,
    `container_memory_working_set_bytes${of('c')} 1024 2000`,
    `container_start_time_seconds${of('c')} 1.5`,
    `container_cpu_usage_seconds_total${of('d')} 1`,
    `container_memory_working_set_bytes${of('d')} 2048`,
    'scrape_error 0',
  );
  assert.deepEqual(node, { cpuSeconds: 357.35, memoryBytes: 1_616_273_408, at: 1000, startedAt: undefined });
  assert.deepEqual(
    pods,
    new Map([
      [
        'shop/web',
        new Map([
          ['c', { cpuSeconds: 4.7, memoryBytes: 1024, at: 2000, startedAt: 1500 }],
          ['d', { cpuSeconds: 1, memoryBytes: 2048, at: now, startedAt: undefined }],
        ]),
      ],
    ]),
  );
});

test('leaves out incomplete samples: a node without memory, a pod with a container without usage', () => {
  const { node, pods } = read(
    'node_cpu_usage_seconds_total 357.35 1000',
    `container_cpu_usage_seconds_total${of('c')} 4.7 2000`,
    `container_memory_working_set_bytes${of('c')} 1024 2000`,
    `container_cpu_usage_seconds_total${of('new')} 0 2000`,
    `container_memory_working_set_bytes${of('new')} 512 2000`,
    `container_start_time_seconds${of('c', 'started')} 1.5`,
  );
  assert.equal(node, undefined);
  assert.deepEqual([...pods.keys()], []);
});

test('a container of which only the start time is known does not hide the others', () => {
  const { pods } = read(
    `container_cpu_usage_seconds_total${of('c')} 4.7 2000`,
    `container_memory_working_set_bytes${of('c')} 1024 2000`,
    `container_start_time_seconds${of('starting')} 1.5`,
  );
  assert.deepEqual([...(pods.get('shop/web')?.keys() ?? [])], ['c']);
});
