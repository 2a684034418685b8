import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { podResourceMetrics } from './pod-resource-metrics.ts';

const container = (requests: Record<string, string>, limits: Record<string, string> = {}) => ({
  name: 'c',
  image: 'i',
  resources: { requests, limits },
});

test('reports the requests and limits of pods that have not ended', () => {
  const pod = (name: string, more: Partial<Pod['spec']>, phase?: string): Pod =>
    ({
      metadata: { name, namespace: 'default', uid: name },
      spec: { schedulerName: 's', containers: [container({ cpu: '1500m' })], ...more },
      ...(phase ? { status: { phase } } : {}),
    }) as Pod;
  const containers = [
    container({ cpu: '100m', memory: '1Mi', 'example.com/gpu': '2', 'hugepages-2Mi': '0' }, { cpu: '1' }),
  ];
  const text = podResourceMetrics([
    pod('a', { containers, nodeName: 'n', priority: 7 }, 'Running'),
    pod('over', { nodeName: 'n' }, 'Succeeded'),
    pod('waiting', {}),
  ]);
  const of = (labels: string, resource: string, unit: string): string =>
    `{namespace="default",${labels},resource="${resource}",scheduler="s",unit="${unit}"}`;
  const a = 'node="n",pod="a",priority="7"';
  assert.deepEqual(
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [
      `kube_pod_resource_limit${of(a, 'cpu', 'cores')} 1`,
      `kube_pod_resource_request${of(a, 'cpu', 'cores')} 0.1`,
      `kube_pod_resource_request${of(a, 'memory', 'bytes')} 1048576`,
      `kube_pod_resource_request${of(a, 'example.com/gpu', '')} 2`,
      `kube_pod_resource_request${of('node="",pod="waiting",priority=""', 'cpu', 'cores')} 1.5`,
    ],
  );
  assert.match(text, /^# HELP kube_pod_resource_request \[STABLE\] Resources requested by workloads on the cluster, /m);
});
