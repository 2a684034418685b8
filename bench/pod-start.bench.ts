/**
 * The time from a pod's creation in the API to the status Running, compared with what the container runtime alone takes
 * for the same pod (sandbox, container, start) on the same machine in the same run: `node bench/pod-start.bench.ts
 * [cluster]`. Without the name of a running cluster, one with a single machine is created and deleted. Needs root.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { type ApiClient, clientFromKubeconfig, loadKubeconfig } from '@typernetes/client';
import { type ContainerRuntime, connectRuntime, type PodSandboxConfig } from '@typernetes/cri';
import { defaultHome } from '@typernetes/machine';

const count = 20;
const image = 'docker.io/library/busybox:latest';
const namespace = 'default';
const command = ['sleep', '3600'];
const home = resolve(process.env.TYPERNETES_HOME ?? defaultHome);

const given = process.argv[2];
const cluster = given ?? 'pod-start-bench';
if (given === undefined) typernetes('cluster', 'create', cluster, '--workers', '0');
try {
  const client = clientFromKubeconfig(loadKubeconfig(join(home, 'clusters', cluster, 'kubeconfig')), {});
  const machine = `${cluster}-control-plane`;
  // The runtime's socket is reached through the file system of the machine's first process.
  const init = readFileSync(join(home, 'machines', machine, 'pid'), 'utf8').trim();
  const runtime = connectRuntime(`unix:///proc/${init}/root/run/containerd/containerd.sock`);
  try {
    await measure(client, runtime);
  } finally {
    runtime.close();
    client.transport.close();
  }
} finally {
  if (given === undefined) typernetes('cluster', 'delete', cluster);
}

async function measure(client: ApiClient, runtime: ContainerRuntime): Promise<void> {
  // Pulls the image and warms everything up.
  await podStart(client, runtime, 'warm-up');
  await floor(runtime, 0);
  const ours: number[] = [];
  const floors: number[] = [];
  for (let i = 1; i <= count; i++) {
    ours.push(await podStart(client, runtime, `pod-start-${i}`));
    floors.push(await floor(runtime, i));
  }
  const [pod, alone] = [percentiles(ours), percentiles(floors)];
  console.log(JSON.stringify({ pod, runtime: alone, over: { p50: pod.p50 - alone.p50, p99: pod.p99 - alone.p99 } }));
}

/** Milliseconds from creation to Running as a watcher sees it. The pod is deleted afterwards. */
async function podStart(client: ApiClient, runtime: ContainerRuntime, name: string): Promise<number> {
  const api = client.resource(pods);
  const stop = new AbortController();
  const running = Promise.withResolvers<number>();
  const gone = Promise.withResolvers<void>();
  const { metadata } = await api.list({ namespace, limit: 1 });
  const watching = (async () => {
    const options = { namespace, resourceVersion: metadata.resourceVersion ?? '', signal: stop.signal };
    for await (const { type, object } of api.watch({ ...options, fieldSelector: `metadata.name=${name}` })) {
      if (object.status?.phase === 'Running') running.resolve(performance.now());
      if (type === 'DELETED') return gone.resolve();
    }
  })();
  const start = performance.now();
  await api.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      containers: [{ name: 'sleep', image, imagePullPolicy: 'IfNotPresent', command }],
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 0,
    },
  } as unknown as Pod);
  const took = (await running.promise) - start;
  await api.delete({ namespace, name }, { gracePeriodSeconds: 0 });
  await gone.promise;
  stop.abort();
  await watching;
  // Waits for the kubelet's cleanup, which must not be part of the next measurement: `sleep` ignores SIGTERM and gets
  // two seconds.
  const labels = { 'io.kubernetes.pod.name': name };
  do await new Promise((settled) => setTimeout(settled, 500));
  while ((await runtime.listPodSandboxes({ labels })).length > 0);
  return took;
}

/** Milliseconds that the runtime alone takes for such a pod. */
async function floor(runtime: ContainerRuntime, i: number): Promise<number> {
  const config: PodSandboxConfig = {
    metadata: { name: `floor-${i}`, namespace, uid: `floor-${i}-${process.pid}`, attempt: 0 },
    hostname: 'floor',
    logDirectory: `/var/log/pods/floor-${i}`,
    linux: { cgroupParent: '/floor', securityContext: { namespaceOptions: { pid: 'CONTAINER' } } },
  };
  const start = performance.now();
  const podSandboxId = await runtime.runPodSandbox(config);
  try {
    const container = {
      metadata: { name: 'sleep', attempt: 0 },
      image: { image },
      command,
      logPath: 'sleep.log',
      linux: { securityContext: { namespaceOptions: { pid: 'CONTAINER' as const } } },
    };
    const request = { podSandboxId, config: container, sandboxConfig: config };
    await runtime.startContainer(await runtime.createContainer(request));
    return performance.now() - start;
  } finally {
    await runtime.stopPodSandbox(podSandboxId);
    await runtime.removePodSandbox(podSandboxId);
  }
}

function percentiles(took: readonly number[]): { p50: number; p99: number } {
  const sorted = [...took].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}

function typernetes(...args: string[]): void {
  const program = join(import.meta.dirname, '../apps/typernetes/src/main.ts');
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`typernetes ${args.join(' ')} ended with ${status}`);
}
