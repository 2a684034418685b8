/**
 * `node bench/sched.bench.ts [pods] [nodes] [--prof=DIR] [--peer=DIR]`: scheduling, comparable with the figures in
 * README.md: pods bound per second, from the first create to the last binding as a watcher sees it; by default 2,000
 * pods on 100 nodes without kubelets. Pods are created one by one, by a Deployment, and one by one while the scheduler
 * is stopped, which shows the binding alone. API server, scheduler and controller manager are separate programs, over
 * TLS on loopback; with a directory of upstream's programs, those are measured by the same client.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { deployments } from '@typernetes/api/apps/v1';
import { events, type Node, namespaces, nodes, type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, restClient, sharedInformers } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { processorShares, startControlPlanePrograms } from './control-plane-programs.ts';

const { values: flags, positionals } = parseArgs({
  options: {
    prof: { type: 'string' },
    peer: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    'node-flags': { type: 'string', default: '' },
  },
  allowPositionals: true,
});
const [podCount = 2000, nodeCount = 100] = positionals.map(Number);
const clients = 32;
const namespace = 'bench-sched';
const spec = {
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 0,
  containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
};

const programs = await startControlPlanePrograms({
  peer: flags.peer,
  nodeFlags: [
    ...flags['node-flags'].split(' ').filter((flag) => flag !== ''),
    ...(flags.prof ? ['--cpu-prof', `--cpu-prof-dir=${flags.prof}`] : []),
  ],
  // Nobody renews the leases of these nodes: on a busy machine they could be considered lost before the end.
  managerFlags: ['--node-monitor-grace-period=1h'],
});
const transport = programs.connect();
try {
  await series(restClient(transport));
} finally {
  transport.close();
  await programs.stop();
}

async function series(client: ApiClient): Promise<void> {
  await client.resource(namespaces).create({ metadata: { name: namespace }, spec: {} });
  await pool(nodeCount, (i) => addNode(client, `fake-${i}`));
  for (let found = false; !found; await pause(100))
    found = await client
      .resource(serviceaccounts)
      .get({ namespace, name: 'default' })
      .then(() => true, isFound);
  const create = client.resource<Pod>(pods);
  // The first round pays for compilation.
  for (let round = 1; round <= Number(flags.rounds); round++) {
    for (const mode of ['direct', 'waiting'] as const) {
      await measure(client, mode, () =>
        pool(podCount, (i) =>
          create.create({ metadata: { namespace, name: `p-${i}`, labels: { app: 'sched' } }, spec }),
        ),
      );
      await create.deleteCollection({ namespace }, { gracePeriodSeconds: 0 });
      await pause(5000);
    }
  }
  const template = { metadata: { labels: { app: 'sched' } }, spec };
  const wanted = { replicas: podCount, selector: { matchLabels: { app: 'sched' } }, template };
  await measure(client, 'deployment', () =>
    client.resource(deployments).create({ metadata: { namespace, name: 'sched' }, spec: wanted }),
  );
}

/** `waiting`: all pods are created while the scheduler is stopped; the time counts from when it continues. */
async function measure(
  client: ApiClient,
  mode: 'direct' | 'waiting' | 'deployment',
  begin: () => Promise<unknown>,
): Promise<void> {
  const informers = sharedInformers({ client, log: silentLogger });
  const bound = new Set<string>();
  const stop = new AbortController();
  const all = new Promise<void>((resolve) => {
    const look = (pod: Pod): void => {
      if (pod.spec.nodeName && !pod.metadata.deletionTimestamp) bound.add(pod.metadata.uid);
      if (bound.size >= podCount) resolve();
    };
    informers.for<Pod>(pods, { namespace }).onEvent({ added: look, updated: look });
  });
  const running = informers.run(stop.signal);
  await informers.untilSynced(stop.signal);
  const eventsBefore = await eventCount(client);
  const { scheduler } = programs.pids;
  if (mode === 'waiting') {
    process.kill(scheduler, 'SIGSTOP');
    await begin();
  }
  const shares = processorShares({ ...programs.pids, client: process.pid });
  const startedAt = performance.now();
  if (mode === 'waiting') process.kill(scheduler, 'SIGCONT');
  await Promise.all([mode === 'waiting' ? undefined : begin(), all]);
  const seconds = (performance.now() - startedAt) / 1000;
  // Milliseconds of CPU time per pod, by program: the relevant figure on a machine that others use too.
  const { msEach: msPerPod, idle, others } = shares(podCount);
  stop.abort();
  await running;
  // In a burst, events are written after the pods are bound, so that later cost is shown as well. Upstream drops some
  // of many events.
  let events = await eventCount(client);
  for (let since = performance.now(); events < eventsBefore + podCount && performance.now() - since < 5000; ) {
    await pause(50);
    const now = await eventCount(client);
    if (now > events) since = performance.now();
    events = now;
  }
  const withEvents = shares(podCount).msEach;
  const withEventsSeconds = Number(((performance.now() - startedAt) / 1000).toFixed(2));
  const figures = {
    boundPerSecond: Math.round(podCount / seconds),
    seconds: Number(seconds.toFixed(2)),
    msPerPod,
    withEvents: { events: events - eventsBefore, seconds: withEventsSeconds, msPerPod: withEvents },
  };
  process.stdout.write(`${mode}: ${JSON.stringify({ ...figures, idle, others, load: loadavg() })}\n`);
}

/** The number of events; nearly all of them come from the scheduler. */
async function eventCount(client: ApiClient): Promise<number> {
  const { items, metadata } = await client.resource(events).list({ namespace, limit: 1 });
  return items.length + (metadata.remainingItemCount ?? 0);
}

async function addNode(client: ApiClient, name: string): Promise<void> {
  const resource = client.resource<Node>(nodes);
  await resource.create({ metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {} });
  const amounts = { cpu: '32', memory: '256Gi', pods: '110' };
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
  const status = { capacity: amounts, allocatable: amounts, conditions };
  await resource.patch({ name }, { status }, { type: 'strategic', subresource: 'status' });
  await resource.patch({ name }, { spec: { taints: null } }, { type: 'merge' });
}

async function pool(count: number, act: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await act(i);
  };
  await Promise.all(Array.from({ length: clients }, work));
}

function isFound(error: unknown): boolean {
  if (isNotFound(error)) return false;
  throw error;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
