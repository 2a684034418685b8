import { messageOf } from '@typernetes/base';
import { type ApiObject, isNotFound, reasonOf } from '@typernetes/machinery';
import { untilGone } from '../commands/deletion.ts';
import { logged } from '../logged-warning.ts';
import { refOf } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import type { Session } from '../session.ts';
import type { Applying } from './applying.ts';
import { lastAppliedAnnotation } from './last-applied.ts';

/** The kinds that are pruned without an allow list, in upstream's order: group, version, kind. */
const usual =
  `core/v1/ConfigMap core/v1/Endpoints core/v1/Namespace core/v1/PersistentVolumeClaim core/v1/PersistentVolume core/v1/Pod
core/v1/ReplicationController core/v1/Secret core/v1/Service batch/v1/Job batch/v1/CronJob networking.k8s.io/v1/Ingress
apps/v1/DaemonSet apps/v1/Deployment apps/v1/ReplicaSet apps/v1/StatefulSet`.split(/\s+/);

const usualAndNamespace =
  'Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.';

/** The resources that may be pruned. Throws for a kind that the server does not have. */
export async function prunable(allowlist: readonly string[], session: Session): Promise<readonly AnyResource[]> {
  const kinds = allowlist.length > 0 ? allowlist : usual;
  return Promise.all(
    kinds.map((kind) => {
      const [group = '', version = '', name = '', more] = kind.split('/');
      if (name === '' || more !== undefined)
        throw new Error(`invalid GroupVersionKind format: ${kind}, please follow <group/version/kind>`);
      const apiVersion = group === 'core' ? version : `${group}/${version}`;
      return session.resources.byKind(apiVersion, name).catch((error: unknown) => {
        throw new Error(messageOf(error).split('\n')[0]);
      });
    }),
  );
}

export interface Pruning {
  readonly allowed: readonly AnyResource[];
  /** Whether the list is the default one. */
  readonly isUsual: boolean;
  readonly selector: string;
  /** The UIDs of the applied objects. */
  readonly kept: ReadonlySet<string>;
  /** The namespaces in which objects were applied. */
  readonly namespaces: ReadonlySet<string>;
  readonly show: (type: AnyResource, object: ApiObject, verb: string) => void;
}

/** What apply has made once, by its annotation, and is not among what is kept: in each namespace, then outside of any. */
export async function* toPrune(
  { allowed, isUsual, namespaces, selector, kept }: Omit<Pruning, 'show'>,
  { session, signal }: Pick<Applying, 'session' | 'signal'>,
): AsyncGenerator<{ type: AnyResource; object: ApiObject; namespace: string | undefined }> {
  if (isUsual) session.io.err(logged(usualAndNamespace, { session, place: 'prune.go:71' }));
  const places = [
    ...[...namespaces].flatMap((namespace) =>
      allowed.filter((type) => type.namespaced).map((type) => ({ type, namespace })),
    ),
    ...allowed.filter((type) => !type.namespaced).map((type) => ({ type, namespace: undefined })),
  ];
  for (const { type, namespace } of places) {
    const where = { ...(namespace ? { namespace } : {}), ...(selector ? { labelSelector: selector } : {}) };
    for (const object of await listed(session.client.resource(type).list({ ...where, signal }))) {
      const { uid, annotations } = object.metadata;
      if (annotations?.[lastAppliedAnnotation] === undefined || (uid !== undefined && kept.has(uid))) continue;
      yield { type, object, namespace };
    }
  }
}

/** Deletes objects that an earlier apply created and this one did not apply. */
export async function prune(pruning: Pruning, applying: Applying): Promise<void> {
  const { session, signal, options } = applying;
  for await (const { type, object, namespace } of toPrune(pruning, applying)) {
    const { uid, name } = object.metadata;
    const ref = refOf({ name, namespace });
    if (options.dryRun !== 'client') {
      const { propagationPolicy, graceSeconds } = options;
      await session.client.resource(type).delete(ref, {
        propagationPolicy,
        ...(graceSeconds >= 0 ? { gracePeriodSeconds: graceSeconds } : {}),
        ...(options.dryRun === 'server' ? { dryRun: ['All'] } : {}),
        signal,
      });
    }
    pruning.show(type, object, 'pruned');
    if (options.wait && options.dryRun === 'none')
      await untilGone({ type, ref, uid }, { session, signal, timeoutMs: options.timeoutMs });
  }
}

/** Kinds that cannot be listed are not pruned. */
async function listed(list: Promise<{ readonly items: readonly ApiObject[] }>): Promise<readonly ApiObject[]> {
  try {
    return (await list).items;
  } catch (error) {
    if (isNotFound(error) || reasonOf(error) === 'MethodNotAllowed') return [];
    throw error;
  }
}
