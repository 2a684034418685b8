import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { createMetrics, type Metrics } from '@typernetes/process';
import { certificateMetrics } from '../certificates/certificate-metrics.ts';
import { httpMetrics } from '../server/http-metrics.ts';
import { sizeName, workMetrics } from './work-metrics.ts';

function assertLines(metrics: Metrics, lines: readonly string[]): void {
  const all = metrics.render().split('\n');
  for (const line of lines) assert.ok(all.includes(line), `${line} is not among\n${all.join('\n')}`);
}

test('counts what workers do, and pods by their sources', () => {
  const metrics = createMetrics();
  const pod = (name: string, annotations: Record<string, string>, phase: string): Pod =>
    ({ metadata: { name, uid: name, annotations }, spec: { containers: [] }, status: { phase } }) as unknown as Pod;
  const pods = [
    pod('static', { 'kubernetes.io/config.source': 'file' }, 'Running'),
    pod('a', {}, 'Running'),
    pod('over', {}, 'Succeeded'),
  ];
  const observer = workMetrics(metrics, { pods: () => pods, cgroupVersion: 2 });
  observer.round('create', 0.3);
  observer.podEvicted('memory.available');
  observer.containerFailed('init_container', 'RunContainerError');
  observer.imagePulled(12, 30 * 1024 * 1024);
  observer.imageVolume('mounted');
  observer.volume('kubernetes.io/empty-dir', false, 0.01);
  observer.cgroup('create', 0.004);
  assertLines(metrics, [
    'kubelet_pod_worker_duration_seconds_count{operation_type="create"} 1',
    'kubelet_evictions{eviction_signal="memory.available"} 1',
    'kubelet_started_containers_errors_total{code="RunContainerError",container_type="init_container"} 1',
    'kubelet_image_pull_duration_seconds_bucket{image_size_in_bytes="10MB-100MB",le="20"} 1',
    'kubelet_image_volume_mounted_succeed_total 1',
    'storage_operation_duration_seconds_count{migrated="false",operation_name="volume_mount",status="success",volume_plugin="kubernetes.io/empty-dir"} 1',
    'kubelet_cgroup_manager_duration_seconds_bucket{operation_type="create",le="0.005"} 1',
    'kubelet_desired_pods{static=""} 2',
    'kubelet_desired_pods{static="true"} 1',
    'kubelet_active_pods{static=""} 1',
    'kubelet_mirror_pods 1',
    'kubelet_cgroup_version 2',
  ]);
  assert.deepEqual([0, 10 * 1024 * 1024, 200 * 1024 ** 3].map(sizeName), ['0-10MB', '10MB-100MB', 'GT100GB']);
});

test('requests are counted by few kinds of paths', async () => {
  const metrics = createMetrics();
  const clock = new FakeClock();
  const serve = httpMetrics(metrics, clock)(() => {}, 'readwrite');
  const ask = (method: string, url: string): EventEmitter => {
    const response = new EventEmitter();
    serve({ method, url } as IncomingMessage, response as unknown as ServerResponse);
    return response;
  };
  ask('GET', '/metrics/cadvisor').emit('close');
  ask('GET', '/made/up?x=1').emit('close');
  ask('PATCH', '/portForward/ns/pod').emit('close');
  const lasting = ask('POST', '/exec/ns/pod/c');
  await clock.advance(3000);
  const of = (path: string, method: string, long: boolean): string =>
    `{long_running="${long}",method="${method}",path="${path}",server_type="readwrite"}`;
  assertLines(metrics, [
    `kubelet_http_requests_total${of('metrics/cadvisor', 'GET', false)} 1`,
    `kubelet_http_requests_total${of('other', 'GET', false)} 1`,
    `kubelet_http_requests_total${of('portForward', 'other', false)} 1`,
    `kubelet_http_inflight_requests${of('exec', 'POST', true)} 1`,
  ]);
  lasting.emit('close');
  assertLines(metrics, [
    `kubelet_http_inflight_requests${of('exec', 'POST', true)} 0`,
    `kubelet_http_requests_duration_seconds_sum${of('exec', 'POST', true)} 3`,
  ]);
});

test('reports the remaining life of certificates, and how long each was in use', () => {
  const metrics = createMetrics();
  const clock = new FakeClock();
  const observer = certificateMetrics(metrics, clock);
  observer.inUse('client', clock.now() + 3_600_000);
  observer.failed('client');
  observer.replaced('serving', 7200);
  assertLines(metrics, [
    'kubelet_certificate_manager_client_ttl_seconds 3600',
    'kubelet_certificate_manager_server_ttl_seconds +Inf',
    'kubelet_certificate_manager_client_expiration_renew_errors 1',
    'kubelet_certificate_manager_server_rotation_seconds_bucket{le="14400"} 1',
  ]);
});
