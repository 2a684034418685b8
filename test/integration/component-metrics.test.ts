import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { deployments } from '@typernetes/api/apps/v1';
import { jobs } from '@typernetes/api/batch/v1';
import { type Pod, pods, services } from '@typernetes/api/core/v1';
import { httpTransport, readBody, restClient, type Transport } from '@typernetes/client';
import { encodeYaml } from '@typernetes/process';
import { bundleProgram } from '../../tools/bundle.ts';
import { tied } from '../tied-command.ts';
import { eventually } from './api.ts';
import { addNode } from './schedulable-node.ts';
import { freePort, makeServerPlace, type ServerPlace, startServer } from './server-program.ts';

/** Parses the samples of a metrics page: value by series. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** Runs a control plane program; `scrape` reads its metrics with the administrator's certificate. */
async function withProgram(
  name: string,
  place: ServerPlace,
  use: (scrape: () => Promise<Map<string, number>>) => Promise<void>,
): Promise<void> {
  const data = (text: string): string => Buffer.from(text).toString('base64');
  const kubeconfig = join(place.folder, `${name}.conf`);
  const { ca, cert, key } = place.tls;
  writeFileSync(
    kubeconfig,
    encodeYaml({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: place.server, 'certificate-authority-data': data(ca) } }],
      users: [{ name: 'u', user: { 'client-certificate-data': data(cert), 'client-key-data': data(key) } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  const port = await freePort();
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--client-ca-file=${join(place.folder, 'ca.crt')}`,
    `--tls-cert-file=${join(place.folder, 'tls.crt')}`,
    `--tls-private-key-file=${join(place.folder, 'tls.key')}`,
    '--authorization-always-allow-paths=/livez,/healthz*',
  ];
  const child: ChildProcess = spawn(...tied([process.execPath, await bundleProgram(name), ...flags]), {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const transport: Transport = httpTransport({ server: `https://127.0.0.1:${port}`, tls: place.tls });
  const anonymous: Transport = httpTransport({ server: `https://127.0.0.1:${port}`, tls: { ca } });
  try {
    await use(async () => {
      const answer = await transport.request({ method: 'GET', path: '/metrics' });
      const text = Buffer.from(await readBody(answer)).toString();
      assert.equal(answer.status, 200, text);
      return samplesOf(text);
    });
    const read = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
      Buffer.from(await readBody(await transport.request({ method: 'GET', path, headers }))).toString();
    assert.match(await read('/statusz'), new RegExp(`^\\n${name} statusz\\n[^]*^Emulation version: \\d\\.\\d+$`, 'm'));
    assert.match(await read('/flagz'), new RegExp(`^secure-port=${port}$`, 'm'));
    const accept = 'application/json;v=v1beta1;g=config.k8s.io;as=Flagz';
    assert.equal(JSON.parse(await read('/flagz', { accept })).flags['secure-port'], `${port}`);
    const put = await transport.request({ method: 'PUT', path: '/debug/flags/v', body: Buffer.from('4') });
    assert.equal(Buffer.from(await readBody(put)).toString(), 'successfully set klog.logging.verbosity to 4\n');
    assert.match(await read('/debug/pprof/'), /^<html>\n<head>\n<title>\/debug\/pprof\/<\/title>/);
    assert.match(await read('/debug/pprof/cmdline'), new RegExp(`\0--secure-port=${port}(\0|$)`));
    const profile = await transport.request({ method: 'GET', path: '/debug/pprof/profile?seconds=1' });
    assert.match(gunzipSync(await readBody(profile)).toString(), /nanoseconds/);
    const [[key, { kind }] = assert.fail()] = Object.entries<{ kind: string }>(JSON.parse(await read('/configz')));
    if (name === 'kube-scheduler') {
      assert.deepEqual([key, kind], ['componentconfig', 'KubeSchedulerConfiguration']);
      child.kill('SIGUSR2');
      await eventually(() => /"Dump of scheduling queue" summary="activeQ:/.exec(log) ?? undefined);
      assert.match(log, /"Dump of cached NodeInfo" nodes=/);
      assert.doesNotMatch(log, /Cache mismatch/);
    } else {
      assert.deepEqual([key, kind], ['kubecontrollermanager.config.k8s.io', 'KubeControllerManagerConfiguration']);
    }
    for (const [path, expected] of [
      ['/debug/pprof/heap', 401],
      ['/livez', 200],
      ['/healthz/ping', 200],
      ['/readyz', 401],
      ['/livez/ping', 401],
    ] as const) {
      const answer = await anonymous.request({ method: 'GET', path });
      await readBody(answer);
      assert.equal(answer.status, expected, `${name} ${path}`);
    }
  } finally {
    transport.close();
    anonymous.close();
    child.kill('SIGTERM');
    await gone;
  }
}

/** Scrapes until every series exists with a value above its bound. */
async function untilAbove(scrape: () => Promise<Map<string, number>>, bounds: Record<string, number>): Promise<void> {
  let last: string[] = [];
  await eventually(async () => {
    const samples = await scrape().catch(() => new Map<string, number>());
    last = Object.entries(bounds).flatMap(([series, bound]) => {
      const value = samples.get(series);
      return value !== undefined && value > bound ? [] : [`${series}: ${value}`];
    });
    return last.length === 0 || undefined;
  }).catch((cause: unknown) => assert.fail(`not above their bounds:\n${last.join('\n')}\n${String(cause)}`));
}

test("controller manager and scheduler have metrics under upstream's names", async () => {
  const place = await makeServerPlace();
  const server = await startServer(place);
  const transport = place.connect();
  try {
    const client = restClient(transport);
    await addNode(client, 'node-1', '1');
    await withProgram('kube-controller-manager', place, (controllers) =>
      withProgram('kube-scheduler', place, async (scheduler) => {
        const { host } = new URL(place.server);
        await untilAbove(controllers, { 'leader_election_master_status{name="kube-controller-manager"}': 0.5 });
        await untilAbove(scheduler, { 'leader_election_master_status{name="kube-scheduler"}': 0.5 });
        const template = (cpu: string) => ({
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'nginx', resources: { requests: { cpu } } }] },
        });
        for (const [name, cpu] of [
          ['web', '100m'],
          ['large', '4'],
        ] as const)
          await eventually(() =>
            client.resource(deployments).create({
              metadata: { name, namespace: 'default' },
              spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template(cpu) },
            }),
          );
        await eventually(async () => {
          const { items } = await client.resource<Pod>(pods).list({ namespace: 'default' });
          return items.length >= 4 || undefined;
        });
        await client.resource(services).create({
          metadata: { name: 'web', namespace: 'default' },
          spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
        });
        await client.resource(jobs).create({
          metadata: { name: 'once', namespace: 'default' },
          spec: { template: { spec: { ...template('10m').spec, restartPolicy: 'Never' } } },
        });
        const [pod] = await eventually(async () => {
          const { items } = await client
            .resource<Pod>(pods)
            .list({ namespace: 'default', labelSelector: 'job-name=once' });
          return items.length > 0 ? items : undefined;
        });
        assert.ok(pod);
        const ended = { status: { phase: 'Succeeded' } };
        await client.resource<Pod>(pods).patch(pod.metadata, ended, { type: 'merge', subresource: 'status' });
        const ofJobs = 'completion_mode="NonIndexed"';
        await untilAbove(controllers, {
          'running_managed_controllers{manager="kube-controller-manager",name="job-controller"}': 0.5,
          [`job_controller_jobs_finished_total{${ofJobs},reason="CompletionsReached",result="succeeded"}`]: 0,
          [`job_controller_job_pods_finished_total{${ofJobs},result="succeeded"}`]: 0,
          [`job_controller_job_syncs_total{action="pods_created",${ofJobs},result="success"}`]: 0,
          [`job_controller_job_sync_duration_seconds_count{action="pods_created",${ofJobs},result="success"}`]: 0,
          'job_controller_job_pods_creation_total{reason="new",status="succeeded"}': 0,
          'job_controller_terminated_pods_tracking_finalizer_total{event="add"}': 0,
          'job_controller_terminated_pods_tracking_finalizer_total{event="delete"}': 0,
          'endpoint_slice_controller_syncs{result="success"}': 0,
          'endpoint_slice_controller_changes{operation="create"}': 0,
          endpoint_slice_controller_num_endpoint_slices: 0,
          endpoint_slice_controller_desired_endpoint_slices: 0,
          endpoint_slice_controller_endpoints_added_per_sync_count: 0,
          cronjob_controller_job_creation_skew_duration_seconds_count: -1,
          horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers: -1,
          node_collector_update_node_health_duration_seconds_count: 0,
          disabled_metrics_total: -1,
          'registered_metrics_total{deprecated_version="",stability_level="STABLE"}': 5,
          'kubernetes_feature_enabled{name="AllAlpha",stage="ALPHA"}': -1,
          'workqueue_adds_total{name="replicaset-controller"}': 1,
          'workqueue_retries_total{name="replicaset-controller"}': -1,
          'workqueue_depth{name="deployment-controller"}': -1,
          'workqueue_unfinished_work_seconds{name="deployment-controller"}': -1,
          'workqueue_longest_running_processor_seconds{name="deployment-controller"}': -1,
          'workqueue_queue_duration_seconds_count{name="deployment-controller"}': 1,
          'workqueue_work_duration_seconds_bucket{name="deployment-controller",le="+Inf"}': 1,
          [`rest_client_requests_total{code="201",host="${host}",method="POST"}`]: 4,
          [`rest_client_request_size_bytes_sum{host="${host}",verb="POST"}`]: 100,
          [`rest_client_response_size_bytes_sum{host="${host}",verb="POST"}`]: 100,
          [`rest_client_request_duration_seconds_count{host="${host}",verb="GET"}`]: 10,
          'node_collector_zone_size{zone=""}': 0,
          'node_collector_unhealthy_nodes_in_zone{zone=""}': 0,
          'node_collector_zone_health{zone=""}': -1,
          'node_collector_evictions_total{zone=""}': -1,
          process_start_time_seconds: 1_000_000,
          process_cpu_seconds_total: 0,
          process_resident_memory_bytes: 1_000_000,
        });
        const point = (name: string, status: string): string =>
          `scheduler_framework_extension_point_duration_seconds_count{extension_point="${name}",profile="default-scheduler",status="${status}"}`;
        await untilAbove(scheduler, {
          'scheduler_schedule_attempts_total{profile="default-scheduler",result="scheduled"}': 1,
          'scheduler_schedule_attempts_total{profile="default-scheduler",result="unschedulable"}': 1,
          'scheduler_scheduling_attempt_duration_seconds_count{profile="default-scheduler",result="scheduled"}': 1,
          'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="1"}': 1,
          scheduler_scheduling_algorithm_duration_seconds_count: 1,
          scheduler_pod_scheduling_attempts_count: 1,
          'scheduler_pending_pods{queue="unschedulable"}': 1,
          'scheduler_pending_pods{queue="active"}': -1,
          scheduler_preemption_attempts_total: 1,
          'scheduler_unschedulable_pods{plugin="NodeResourcesFit",profile="default-scheduler"}': 1,
          'scheduler_queue_incoming_pods_total{event="PodAdd",queue="active"}': 3,
          'scheduler_cache_size{type="nodes"}': 0,
          [point('PreFilter', 'Success')]: 3,
          [point('Filter', 'Unschedulable')]: 1,
          [point('PostFilter', 'Unschedulable')]: 1,
          [point('Reserve', 'Success')]: 1,
          [point('Permit', 'Success')]: 1,
          [point('PreBind', 'Success')]: 1,
          [point('Bind', 'Success')]: 1,
          [`rest_client_requests_total{code="201",host="${host}",method="POST"}`]: 1,
        });
      }),
    );
  } finally {
    transport.close();
    await server.end('SIGTERM');
    place.remove();
  }
});
