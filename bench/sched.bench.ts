/**
 * `node bench/sched.bench.ts [pods] [nodes] [--prof=DIR]`: scheduling, in the spirit of the figures in README.md: pods bound per second from the first create to the last binding as a
 * watcher sees it; 100 nodes without kubelets, 2,000 pods unless said otherwise, created one by one and by a Deployment. API server, scheduler and
 * controller manager are programs of their own, over TLS on loopback.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployments } from '@typernetes/api/apps/v1';
import { type Node, namespaces, nodes, type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, restClient, sharedInformers } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { makeServerPlace, type ServerPlace, startServer } from '../test/integration/server-program.ts';
import { bundleProgram } from '../tools/bundle.ts';

const { values: flags, positionals } = parseArgs({ options: { prof: { type: 'string' } }, allowPositionals: true });
const [podCount = 2000, nodeCount = 100] = positionals.map(Number);
const clients = 32;
const nodeFlags = flags.prof ? ['--cpu-prof', `--cpu-prof-dir=${flags.prof}`] : [];
const namespace = 'bench-sched';
const spec = {
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 0,
  containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
};

const place = await makeServerPlace();
const server = await startServer(place, { nodeFlags });
const transport = place.connect();
const scheduler = await start(place, 'kube-scheduler');
const manager = await start(place, 'kube-controller-manager');
/** The programs whose processor time is told, by name. */
const programs = { apiserver: server.pid, scheduler: scheduler.pid, manager: manager.pid, client: process.pid };
try {
  await series(restClient(transport));
} finally {
  transport.close();
  await Promise.all([scheduler.stop(), manager.stop()]);
  await server.end('SIGTERM');
  place.remove();
}

async function start(
  { folder, server: url, tls }: ServerPlace,
  program: string,
): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority-data': base64(tls.ca) } }],
    users: [{ name: 'u', user: { 'client-certificate-data': base64(tls.cert), 'client-key-data': base64(tls.key) } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, JSON.stringify(kubeconfig));
  const port = program === 'kube-scheduler' ? 17_259 : 17_257;
  const args = [`--kubeconfig=${file}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, '--leader-elect=false'];
  // Nobody renews the leases of these nodes: on a busy machine they would count as lost before the end.
  if (program === 'kube-controller-manager') args.push('--node-monitor-grace-period=1h');
  const child = spawn(process.execPath, [...nodeFlags, await bundleProgram(program), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid: child.pid ?? 0,
    stop: () => {
      child.kill();
      return gone;
    },
  };
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
  await measure(client, 'direct', () =>
    pool(podCount, (i) => create.create({ metadata: { namespace, name: `p-${i}`, labels: { app: 'sched' } }, spec })),
  );
  await create.deleteCollection({ namespace }, { gracePeriodSeconds: 0 });
  await pause(5000);
  const template = { metadata: { labels: { app: 'sched' } }, spec };
  const wanted = { replicas: podCount, selector: { matchLabels: { app: 'sched' } }, template };
  await measure(client, 'deployment', () =>
    client.resource(deployments).create({ metadata: { namespace, name: 'sched' }, spec: wanted }),
  );
}

async function measure(client: ApiClient, mode: string, begin: () => Promise<unknown>): Promise<void> {
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
  const before = processorMs();
  const machineBefore = machineMs();
  const startedAt = performance.now();
  await Promise.all([begin(), all]);
  const seconds = (performance.now() - startedAt) / 1000;
  stop.abort();
  await running;
  const after = processorMs();
  const machine = machineMs();
  const own = Object.keys(programs).reduce(
    (sum, name) => sum + after[name as keyof Times] - before[name as keyof Times],
    0,
  );
  const total = machine.total - machineBefore.total;
  const idle = machine.idle - machineBefore.idle;
  const figures = {
    // Of the machine's processor time: what was left over, and what others took.
    idle: Number((idle / total).toFixed(2)),
    others: Number(((total - idle - own) / total).toFixed(2)),
    boundPerSecond: Math.round(podCount / seconds),
    seconds: Number(seconds.toFixed(2)),
    // Milliseconds of processor time for each pod, by program: what counts on a machine that others use too.
    msPerPod: perPod(before, after),
    load: loadavg(),
  };
  process.stdout.write(`${mode}: ${JSON.stringify(figures)}\n`);
}

type Times = Record<keyof typeof programs, number>;

function processorMs(): Times {
  const ofProcess = (pid: number): number => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10; // user and system time, in ticks of 10 ms
  };
  return mapTimes((name) => ofProcess(programs[name]));
}

/** Of all processors since the machine started. */
function machineMs(): { readonly idle: number; readonly total: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const sum = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((all, one = 0) => all + one, 0) * 10;
  return { idle: sum([ticks[3], ticks[4]]), total: sum(ticks) };
}

function perPod(before: Times, after: Times): Times {
  return mapTimes((name) => Number(((after[name] - before[name]) / podCount).toFixed(3)));
}

function mapTimes(of: (name: keyof Times) => number): Times {
  return { apiserver: of('apiserver'), scheduler: of('scheduler'), manager: of('manager'), client: of('client') };
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
