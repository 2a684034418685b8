import { join } from 'node:path';
import { type Pod, persistentvolumeclaims, pods } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base';
import { type ApiClient, restClient, sharedInformers } from '@typernetes/client';
import { findCondition, isNotFound, keyOf } from '@typernetes/machinery';
import { startControlPlanePrograms } from '../../bench/control-plane-programs.ts';
import type { Posted } from './scheduler-cluster.ts';
import { listeningExtender } from './scheduler-extender.ts';
import { type Outcome, outcomeOf } from './scheduler-outcome.ts';
import type { RandomPod } from './scheduler-pods.ts';
import { schedulerFlags } from './scheduler-profiles.ts';
import { scoreReader } from './scheduler-scores.ts';

/** One of the two control planes, for use by the scheduler comparison. */
export interface Side {
  readonly client: ApiClient;
  post(one: Posted): Promise<void>;
  /** Makes a meaningless change to a node. */
  touch(node: string): Promise<void>;
  /** Gives the scheduler a pod and waits for its decision; the pod is deleted afterwards. */
  ask(pod: RandomPod): Promise<Outcome>;
  /** Waits until claims that name a volume are bound. */
  untilBound(): Promise<void>;
  /** Deletes all objects of a state. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Turns off what is not part of a state: tokens, volume finalizers, the taint of nodes that are not ready yet. */
const serverFlags = [
  '--disable-admission-plugins=ServiceAccount,StorageObjectInUseProtection,TaintNodesByCondition,DefaultTolerationSeconds',
];
/** The scheduler relies on the volume binder; other controllers would only change the states. */
const controllers = (isOriginal: boolean) => `--controllers=persistentvolume-binder${isOriginal ? '' : '-controller'}`;
const answerTimeoutMs = 20_000;

/** Ours, or the original from the directory `peer`. */
export async function startSide(peer?: string): Promise<Side> {
  const extender = await listeningExtender();
  const isOriginal = peer !== undefined;
  const programs = await startControlPlanePrograms({
    peer,
    serverFlags,
    managerFlags: [controllers(isOriginal), ...(isOriginal ? ['--pvclaimbinder-sync-period=1s'] : [])],
    schedulerFlags: (folder) => schedulerFlags(folder, { extender: extender.url, isOriginal }),
  });
  const transport = programs.connect();
  const client = restClient(transport);
  const informers = sharedInformers({ client, log: silentLogger });
  const seen = informers.for<Pod>(pods);
  const claims = informers.for(persistentvolumeclaims);
  const stop = new AbortController();
  const running = informers.run(stop.signal);
  await informers.untilSynced(stop.signal);
  const scores = isOriginal ? scoreReader(join(programs.folder, 'kube-scheduler.log')) : undefined;
  const paths = pathsOf(isOriginal ? 'v1beta1' : 'v1');
  const answered = (pod: RandomPod): Pod | undefined => {
    const now = seen.lister.get(keyOf(pod));
    return now?.spec.nodeName || findCondition(now?.status?.conditions, 'PodScheduled') ? now : undefined;
  };
  return {
    client,
    async post({ kind, object, status }) {
      const { path, apiVersion } = paths[kind];
      const { name, namespace } = object.metadata;
      const collection = path.replace('{namespace}', namespace ?? '');
      await client.json('POST', collection, { apiVersion, kind, ...object });
      const contentType = 'application/merge-patch+json';
      if (status) await client.json('PATCH', `${collection}/${name}/status`, { status }, { contentType });
    },
    async touch(node) {
      const patch = { metadata: { annotations: { touched: 'yes' } } };
      await client.json('PATCH', `/api/v1/nodes/${node}`, patch, { contentType: 'application/merge-patch+json' });
    },
    async ask(pod) {
      const { namespace, name } = pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods`;
      await client.json('POST', path, { apiVersion: 'v1', kind: 'Pod', ...pod });
      const until = performance.now() + answerTimeoutMs;
      while (!answered(pod) && performance.now() < until) await pause(5);
      // Victims are reported after the decision, or a moment later.
      await pause(answered(pod)?.spec.nodeName ? 20 : 250);
      const leaving = seen.lister.list().filter(({ metadata }) => metadata.deletionTimestamp);
      const outcome = outcomeOf({
        pod: answered(pod),
        feasible: extender.feasible(name),
        victims: leaving.map(({ metadata }) => metadata.name),
        volumes: Object.fromEntries(
          claims.lister.list().map(({ metadata, spec }) => [metadata.name, spec.volumeName ?? '']),
        ),
        scores: scores?.(name),
      });
      await client.json('DELETE', `${path}/${name}`, { gracePeriodSeconds: 0 }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      while (seen.lister.get(keyOf(pod))) await pause(5);
      return outcome;
    },
    async untilBound() {
      const open = () => claims.lister.list().some(({ spec, status }) => spec?.volumeName && status?.phase !== 'Bound');
      const until = performance.now() + answerTimeoutMs;
      while (open() && performance.now() < until) await pause(5);
    },
    async clear() {
      const all = ['default', 'other'];
      for (const { path } of Object.values(paths)) {
        const collections = path.includes('{')
          ? all.map((namespace) => path.replace('{namespace}', namespace))
          : [path];
        for (const collection of collections) await client.json('DELETE', collection, { gracePeriodSeconds: 0 });
      }
      while (seen.lister.list().length + claims.lister.list().length > 0) await pause(5);
    },
    async stop() {
      stop.abort();
      await running;
      transport.close();
      await programs.stop();
      extender.close();
    },
  };
}

type Paths = Readonly<Record<Posted['kind'], { readonly path: string; readonly apiVersion: string }>>;

function pathsOf(policy: string): Paths {
  const core = (resource: string) => ({ path: `/api/v1/namespaces/{namespace}/${resource}`, apiVersion: 'v1' });
  return {
    Pod: core('pods'),
    PersistentVolumeClaim: core('persistentvolumeclaims'),
    PersistentVolume: { path: '/api/v1/persistentvolumes', apiVersion: 'v1' },
    PodDisruptionBudget: {
      path: `/apis/policy/${policy}/namespaces/{namespace}/poddisruptionbudgets`,
      apiVersion: `policy/${policy}`,
    },
    Node: { path: '/api/v1/nodes', apiVersion: 'v1' },
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
