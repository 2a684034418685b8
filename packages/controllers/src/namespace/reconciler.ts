import { type Namespace, type NamespaceStatus, namespaces } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { ApiClient, Lister, Reconciler, Result } from '@typernetes/client';
import { ifFound, isConflict, isNotFound, jsonEqual, type ObjectKey } from '@typernetes/machinery';
import { emptyNamespace } from './emptying.ts';
import { isEmpty, terminatingConditions } from './plan.ts';

interface NamespaceDeps {
  readonly namespaces: Pick<Lister<Namespace>, 'get'>;
  readonly client: ApiClient;
  readonly clock: Clock;
}

/** The finalizer by which this controller holds a namespace. */
const finalizer = 'kubernetes';
/** The interval at which the remaining objects are counted, as there is no event for the deletion of the last one. */
const recountMs = 1000;

export class NamespaceReconciler implements Reconciler {
  readonly name = 'namespace-controller';
  readonly #deps: NamespaceDeps;

  constructor(deps: NamespaceDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    const known = this.#deps.namespaces.get(key);
    if (!known || known.metadata.deletionTimestamp === undefined) return {};
    let namespace = await ifFound(this.#deps.client.resource(namespaces).get({ name: key }));
    if (!namespace?.spec.finalizers?.includes(finalizer)) return {};
    if (namespace.status?.phase !== 'Terminating') namespace = await this.#update(namespace, { phase: 'Terminating' });
    const emptying = await emptyNamespace(key, this.#deps.client, signal);
    const conditions = terminatingConditions(namespace, emptying, timestamp(this.#deps.clock.now()));
    if (!jsonEqual(conditions, namespace.status?.conditions ?? []))
      namespace = await this.#update(namespace, { conditions });
    if (!isEmpty(emptying)) return { requeueAfterMs: recountMs };
    await this.#finalize(namespace);
    return {};
  }

  async #update(namespace: Namespace, change: Partial<NamespaceStatus>): Promise<Namespace> {
    const status = { ...namespace.status, ...change };
    return this.#deps.client.resource(namespaces).updateStatus({ ...namespace, status });
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const finalizers = namespace.spec.finalizers?.filter((name) => name !== finalizer) ?? [];
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace.metadata.name)}/finalize`;
    const body = { apiVersion: 'v1', kind: 'Namespace', ...namespace, spec: { finalizers } };
    try {
      await this.#deps.client.json('PUT', path, body);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error; // gone already, or changed: the event wakes us again
    }
  }
}
