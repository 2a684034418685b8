/**
 * `node bench/hollow.bench.ts [nodes] [pods] [--prof=DIR]`: the control plane at scale. Hollow nodes in a process of
 * their own register and become Ready, as a watcher sees it; then pods are created one by one until all are bound and
 * Running. Without numbers: 1,000 nodes with 2,000 pods, then 5,000 with 10,000, each on a new control plane. There is
 * a time limit: the report then shows what was reached.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Node, namespaces, nodes, type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { clientFromKubeconfig, loadKubeconfig, restClient, sharedInformers } from '@typernetes/client';
import { hollowNodes } from '@typernetes/hollow';
import { findCondition, isNotFound } from '@typernetes/machinery';
import { processorShares, residentMiB, startControlPlanePrograms, startProcess } from './control-plane-programs.ts';
import { Reached } from './reached.ts';

const { values: flags, positionals } = parseArgs({
  options: { prof: { type: 'string' }, serve: { type: 'string' } },
  allowPositionals: true,
});
const nodeFlags = flags.prof ? ['--cpu-prof', `--cpu-prof-dir=${flags.prof}`] : [];
const clients = 32;
const namespace = 'bench-hollow';
const restSeconds = 10;
const spec = {
  automountServiceAccountToken: false,
  containers: [{ name: 'c', image: 'pause', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
};

if (flags.serve) await serve(flags.serve, Number(positionals[0]));
else if (positionals.length > 0)
  await series(Number(positionals[0]), Number(positionals[1] ?? 2 * Number(positionals[0])));
else {
  await series(1000, 2000);
  await series(5000, 10_000);
}

/** Runs the process of the nodes. */
async function serve(kubeconfig: string, count: number): Promise<void> {
  const client = clientFromKubeconfig(loadKubeconfig(kubeconfig), { userAgent: 'hollow-nodes' });
  const names = Array.from({ length: count }, (_, index) => `hollow-${index}`);
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  await hollowNodes({ client, names, log: silentLogger }).run(stop.signal);
  process.exit(0);
}

async function series(nodeCount: number, podCount: number): Promise<void> {
  const programs = await startControlPlanePrograms({ nodeFlags });
  const transport = programs.connect();
  const client = restClient(transport);
  const stop = new AbortController();
  const informers = sharedInformers({ client, log: silentLogger });
  const [ready, bound, running] = [new Reached(nodeCount), new Reached(podCount), new Reached(podCount)];
  const lookAtNode = (node: Node): void => {
    if (findCondition(node.status?.conditions, 'Ready')?.status === 'True') ready.add(node.metadata.name);
  };
  const lookAtPod = (pod: Pod): void => {
    if (pod.spec.nodeName) bound.add(pod.metadata.name);
    if (pod.status?.phase === 'Running') running.add(pod.metadata.name);
  };
  informers.for<Node>(nodes).onEvent({ added: lookAtNode, updated: lookAtNode });
  informers.for<Pod>(pods, { namespace }).onEvent({ added: lookAtPod, updated: lookAtPod });
  const following = informers.run(stop.signal);
  await informers.untilSynced(stop.signal);
  await client.resource(namespaces).create({ metadata: { name: namespace }, spec: {} });
  const hollow = startProcess([
    ...nodeFlags,
    import.meta.filename,
    `--serve=${programs.kubeconfig}`,
    String(nodeCount),
  ]);
  const pids = { ...programs.pids, hollow: hollow.pid, client: process.pid };
  const memory = (): object => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentMiB(pid)]));
  const report = (what: string, figures: object): void => {
    process.stdout.write(`${what}: ${JSON.stringify({ ...figures, MiB: memory(), load: loadavg() })}\n`);
  };
  try {
    let shares = processorShares(pids);
    await ready.untilAll();
    report(`${nodeCount} nodes Ready`, { ...ready.figures, ...shares(nodeCount) });

    await pause(restSeconds * 1000);
    shares = processorShares(pids);
    await pause(restSeconds * 1000);
    // In percent of one processor.
    const { msEach, ...machine } = shares(restSeconds * 10);
    report(`${nodeCount} nodes at rest`, { percent: msEach, ...machine });

    for (let found = false; !found; await pause(100)) found = await isThere();
    shares = processorShares(pids);
    bound.start();
    running.start();
    let next = 0;
    const create = async (): Promise<void> => {
      for (let i = next++; i < podCount && !stop.signal.aborted; i = next++)
        await client.resource<Pod>(pods).create({ metadata: { namespace, name: `p-${i}` }, spec });
    };
    await Promise.all([bound.untilAll(), running.untilAll(), ...Array.from({ length: clients }, create)]);
    const { reached, seconds } = bound.figures;
    report(`${podCount} pods Running`, {
      boundPerSecond: Math.round(reached / seconds),
      ...running.figures,
      ...shares(podCount),
    });
  } finally {
    stop.abort();
    await following;
    transport.close();
    await hollow.stop();
    await programs.stop();
  }

  function isThere(): Promise<boolean> {
    return client
      .resource(serviceaccounts)
      .get({ namespace, name: 'default' })
      .then(
        () => true,
        (error: unknown) => {
          if (isNotFound(error)) return false;
          throw error;
        },
      );
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
