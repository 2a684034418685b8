import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { FakeRuntime } from '@typernetes/cri/testing';
import { createMetrics } from '@typernetes/process';
import { podOf } from '../testing/pod-machine.ts';
import { kubeletMetrics, observedRuntime } from './kubelet-metrics.ts';

test('counts what runs, what was started and how long that took', () => {
  const metrics = createMetrics();
  const state = (of: object) => ({ name: 'c', ready: true, restartCount: 0, image: '', imageID: '', state: of });
  const pods: Pod[] = [
    {
      ...podOf('p'),
      status: {
        conditions: [
          { type: 'PodReadyToStartContainers', status: 'True' },
          { type: 'PodResizePending', status: 'True', reason: 'Deferred' },
        ],
        initContainerStatuses: [state({ terminated: { exitCode: 0 } })],
        containerStatuses: [state({ running: {} }), state({ waiting: {} })],
      },
    } as Pod,
    podOf('q'),
  ];
  let volumes = [{ plugin: 'kubernetes.io/empty-dir', desired: 2, actual: 1 }];
  const observer = kubeletMetrics(metrics, {
    nodeName: 'n',
    pods: () => pods,
    volumes: () => volumes,
    credentialProviders: 'sha256:abc',
    cgroupVersion: 2,
    orphans: () => 3,
  });
  observer.sandboxStarted();
  observer.imageRemoved('age');
  observer.orphanFound();
  observer.shutdown('begins', 7);
  observer.shutdown('ended', 9);
  observer.sleepCutShort();
  observer.userNamespacePod('started');
  observer.podsPreempted('cpu', 2);
  observer.containerStarted('sidecar');
  observer.containerStarted('regular');
  observer.podStarted(1.5);
  observer.pluginAsked('ecr', 0.3);
  observer.pluginFailed('ecr');
  const text = metrics.render();
  for (const line of [
    'kubelet_node_name{node="n"} 1',
    'kubelet_running_pods 1',
    'kubelet_image_garbage_collected_total{reason="age"} 1',
    'kubelet_orphaned_runtime_pods_total 1',
    'kubelet_pod_pending_resizes{reason="deferred"} 1',
    'kubelet_pod_pending_resizes{reason="infeasible"} 0',
    'kubelet_pod_in_progress_resizes 0',
    'kubelet_graceful_shutdown_start_time_seconds 7',
    'kubelet_graceful_shutdown_end_time_seconds 9',
    'kubelet_sleep_action_terminated_early_total 1',
    'kubelet_started_user_namespaced_pods_total 1',
    'kubelet_working_pods{config="desired",lifecycle="sync",static=""} 2',
    'kubelet_working_pods{config="runtime_only",lifecycle="terminating",static="unknown"} 3',
    'kubelet_running_containers{container_state="running"} 1',
    'kubelet_running_containers{container_state="exited"} 1',
    'kubelet_started_pods_total 1',
    'kubelet_preemptions{preemption_signal="cpu"} 2',
    'kubelet_started_containers_total{container_type="init_container"} 1',
    'kubelet_started_containers_total{container_type="container"} 1',
    'kubelet_pod_start_duration_seconds_bucket{le="1"} 0',
    'kubelet_credential_provider_plugin_duration_bucket{plugin_name="ecr",le="0.5"} 1',
    'kubelet_credential_provider_config_info{hash="sha256:abc"} 1',
    'kubelet_credential_provider_plugin_errors_total{plugin_name="ecr"} 1',
    'kubelet_pod_start_duration_seconds_bucket{le="2"} 1',
    'volume_manager_total_volumes{plugin_name="kubernetes.io/empty-dir",state="actual_state_of_world"} 1',
    'volume_manager_total_volumes{plugin_name="kubernetes.io/empty-dir",state="desired_state_of_world"} 2',
  ])
    assert.ok(text.includes(`\n${line}\n`), line);
  volumes = [];
  assert.match(metrics.render(), /^volume_manager_total_volumes\{.*state="desired_state_of_world"\} 0$/m);
});

test("every call to the runtime is counted and timed under upstream's name for it", async () => {
  const metrics = createMetrics();
  const clock = new FakeClock();
  const fake = new FakeRuntime({ clock, images: ['app:1'] });
  const runtime = observedRuntime(fake, metrics, clock);
  assert.equal((await runtime.listImages())[0]?.id, 'app:1');
  await assert.rejects(runtime.containerStatus('none'));
  runtime.close();
  const text = metrics.render();
  assert.match(text, /^kubelet_runtime_operations_total\{operation_type="list_images"\} 1$/m);
  assert.match(text, /^kubelet_runtime_operations_duration_seconds_count\{operation_type="container_status"\} 1$/m);
  assert.match(text, /^kubelet_runtime_operations_errors_total\{operation_type="container_status"\} 1$/m);
  assert.doesNotMatch(text, /errors_total\{operation_type="list_images"\}/);
});
