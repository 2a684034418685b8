import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messagesOf, systemClock } from '@typernetes/base';
import {
  type ClusterContext,
  type ClusterRecord,
  createCluster,
  deleteCluster,
  isTrue,
  kubeconfigFile,
  listClusters,
  runInMachine,
  startCluster,
  waitFor,
  withApi,
} from '@typernetes/machine';
import { networkAddon } from '../../../tools/network-addon.ts';
import { defaultCluster } from './cluster-command.ts';
import { preparedContext, print, report } from './terminal.ts';

const name = defaultCluster;
const example = (file: string): string => readFileSync(join(import.meta.dirname, '../../../examples', file), 'utf8');

/**
 * `typernetes up`: creates a cluster of two machines with the nginx example, and checks that it answers. Keeps what
 * already exists.
 */
export async function up(): Promise<number> {
  const begin = systemClock.monotonic();
  const context = await preparedContext();
  const { clock } = context;
  const cluster = await ensureCluster(context);
  const [controlPlane = ''] = cluster.controlPlanes;
  const [worker = ''] = cluster.workers;
  const kubectl = (...args: string[]): string[] => ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', ...args];

  report('Applying examples/nginx-deployment.yaml and examples/nginx-service.yaml');
  for (const file of ['nginx-deployment.yaml', 'nginx-service.yaml']) {
    await runInMachine(context, controlPlane, kubectl('apply', '-f', '-'), { input: example(file) });
  }
  await withApi(context, cluster, (api) =>
    waitFor(
      api,
      {
        path: '/api/v1/namespaces/default/pods?labelSelector=app%3Dnginx',
        what: 'two nginx pods to be Running',
        enough: (pods) => pods.filter((pod) => pod.status?.phase === 'Running' && isTrue(pod, 'Ready')).length === 2,
      },
      { clock, timeoutMs: 120_000 },
    ),
  );
  const [service] = await withApi(context, cluster, (api) =>
    api.list('/api/v1/namespaces/default/services?fieldSelector=metadata.name%3Dnginx'),
  );
  const url = `http://${service?.spec?.clusterIP}`;
  const page = await fetchInMachine(context, worker, url);

  for (const what of [['nodes'], ['pods', '-o', 'wide'], ['service', 'nginx']]) {
    print(`\n$ kubectl get ${what.join(' ')}\n${await runInMachine(context, controlPlane, kubectl('get', ...what))}`);
  }
  print(`\n$ curl ${url}     (on ${worker})\n${page}`);
  print(
    `\nUp after ${((clock.monotonic() - begin) / 1000).toFixed(1)} s. Go on with:\n${nextCommands(context, controlPlane)}`,
  );
  return 0;
}

/**
 * The running cluster: created if there is none, recreated if its creation was interrupted, its machines started if
 * they were stopped.
 */
async function ensureCluster(context: ClusterContext): Promise<ClusterRecord> {
  const existing = listClusters(context).find((cluster) => cluster.name === name);
  if (existing?.phase === 'ready') {
    report(`Cluster ${name} is there`);
    await startCluster(context, existing);
    return existing;
  }
  if (existing) {
    report(`Deleting what is left of an unfinished cluster ${name}`);
    await deleteCluster(context, name);
  }
  report(`Creating cluster ${name}: one control plane, one worker`);
  const plan = { name, controlPlanes: 1, workers: 1, config: undefined, addons: [networkAddon()] };
  return createCluster(context, plan);
}

/** Fetches a page from inside a machine, with retries: the rules of a new Service take a moment to get there. */
async function fetchInMachine(context: ClusterContext, machine: string, url: string): Promise<string> {
  const script =
    'fetch(process.argv[1], { signal: AbortSignal.timeout(2000) }).then(async (r) => console.log(await r.text()))';
  const deadline = context.clock.monotonic() + 60_000;
  for (;;) {
    try {
      return await runInMachine(context, machine, ['/usr/local/lib/typernetes/node', '-e', script, url]);
    } catch (error) {
      if (context.clock.monotonic() > deadline)
        throw new Error(`Cannot fetch ${url}: ${messagesOf(error)}`, { cause: error });
      await context.clock.sleep(100);
    }
  }
}

function nextCommands(context: ClusterContext, controlPlane: string): string {
  return `
  export KUBECONFIG=${kubeconfigFile(context, name)}
  kubectl get pods -A                                      # any kubectl; or, with ours:
  npx typernetes machine shell ${controlPlane}    # a shell on the control plane, kubectl included

  npx typernetes cluster delete ${name}                 # removes everything
`;
}
