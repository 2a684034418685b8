import type { ControllerRevision, Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import type { CronJob, Job } from '@typernetes/api/batch/v1';
import type { ApiObject } from '@typernetes/machinery';
import type { ApiCall } from '../api/connection.ts';
import { known, pathOf, queryOf, type Resource } from '../api/resource.ts';
import { templateOf } from '../facts/revisions.ts';

/** A request that changes something. The same requests as kubectl's. */
export interface Change {
  readonly path: string;
  readonly call: ApiCall;
}

type Named = Pick<Resource, 'group' | 'version' | 'plural'>;

const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const jsonPatch = 'application/json-patch+json';

/** Who has changed what it changes, in managedFields. */
const fieldManager = 'typernetes-dashboard';

const at = (resource: Named, { metadata }: ApiObject, subresource = ''): string =>
  pathOf(resource, { namespace: metadata.namespace, name: metadata.name, subresource }) + queryOf({ fieldManager });

const patch = (path: string, contentType: string, body: unknown): Change => ({
  path,
  call: { method: 'PATCH', contentType, body },
});

/** `kubectl scale`. */
export const scale = (resource: Named, object: ApiObject, replicas: number): Change =>
  patch(at(resource, object, 'scale'), merge, { spec: { replicas } });

/** `kubectl rollout restart`; `now` as RFC 3339. */
export const restart = (resource: Named, object: ApiObject, now: string): Change =>
  patch(at(resource, object), strategic, {
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': now } } } },
  });

/** `kubectl rollout pause` and `resume`. */
export const setPaused = (deployment: Deployment, paused: boolean): Change =>
  patch(at(known.deployments, deployment), strategic, { spec: { paused } });

/** `kubectl rollout undo --to-revision`. Refused by the server when the deployment has changed since it was read. */
export const rollBack = (deployment: Deployment, replicaSet: ReplicaSet): Change =>
  patch(at(known.deployments, deployment), jsonPatch, [
    { op: 'test', path: '/metadata/resourceVersion', value: deployment.metadata.resourceVersion },
    { op: 'replace', path: '/spec/template', value: templateOf(replicaSet) },
  ]);

/** The same of a StatefulSet or DaemonSet: a revision of theirs is a patch. */
export const rollBackSet = (resource: Named, set: ApiObject, { data }: ControllerRevision): Change =>
  patch(at(resource, set), strategic, {
    ...(data as object),
    metadata: { resourceVersion: set.metadata.resourceVersion },
  });

/** Jobs have it, too. */
export const setSuspended = (resource: Named, object: ApiObject, suspend: boolean): Change =>
  patch(at(resource, object), strategic, { spec: { suspend } });

/** `kubectl create job --from=cronjob/NAME`. */
export function runNow({ metadata, spec }: CronJob, suffix: string): Change {
  const { jobTemplate } = spec ?? {};
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${metadata.name?.slice(0, 52)}-${suffix}`,
      namespace: metadata.namespace,
      labels: jobTemplate?.metadata?.labels,
      annotations: { ...jobTemplate?.metadata?.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'CronJob', name: metadata.name, uid: metadata.uid, controller: true },
      ],
    },
    spec: jobTemplate?.spec,
  } as unknown as Job;
  return {
    path: pathOf(known.jobs, { namespace: metadata.namespace }) + queryOf({ fieldManager }),
    call: { method: 'POST', body: job },
  };
}

/** `kubectl cordon` and `uncordon`. */
export const setCordoned = (node: ApiObject, unschedulable: boolean): Change =>
  patch(at(known.nodes, node), strategic, { spec: { unschedulable: unschedulable || null } });

/** What `kubectl drain` asks for each pod: refused with 429 while a disruption budget does not allow it. */
export const evict = ({ metadata: { namespace, name, uid } }: ApiObject): Change => ({
  path: pathOf(known.pods, { namespace, name, subresource: 'eviction' }),
  call: {
    method: 'POST',
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace, name },
      deleteOptions: { preconditions: { uid } },
    },
  },
});

/** How what it owns goes: with it in the background, before it, or not at all. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** Deletes this very object: one of the same name that has taken its place stays. */
export const remove = (resource: Named, { metadata }: ApiObject, propagationPolicy: Propagation): Change => ({
  path: pathOf(resource, { namespace: metadata.namespace, name: metadata.name }),
  call: {
    method: 'DELETE',
    body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy, preconditions: { uid: metadata.uid } },
  },
});

interface Trial {
  readonly dryRun: boolean;
}

const written = ({ dryRun }: Trial): string =>
  queryOf({ fieldManager, fieldValidation: 'Strict', ...(dryRun ? { dryRun: 'All' } : {}) });

/** Puts the object into its place; the server refuses it when it was changed since this version was read. */
export const replace = (resource: Named, object: ApiObject, trial: Trial): Change => ({
  path: pathOf(resource, { namespace: object.metadata.namespace, name: object.metadata.name }) + written(trial),
  call: { method: 'PUT', body: object },
});

export const create = (
  resource: Resource,
  object: ApiObject,
  { namespace, ...trial }: Trial & { namespace: string },
): Change => ({
  path:
    pathOf(resource, resource.namespaced ? { namespace: object.metadata.namespace ?? namespace } : {}) + written(trial),
  call: { method: 'POST', body: object },
});
