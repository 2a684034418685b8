import { type Namespace, namespaces, pods } from '@typernetes/api/core/v1';
import { type Clock, messageOf, timestamp } from '@typernetes/base';
import type { ApiClient, DiscoveredResource, Lister, Reconciler, Result } from '@typernetes/client';
import { discoverResources } from '@typernetes/client';
import { groupResourceOf, isConflict, isNotFound, reasonOf } from '@typernetes/machinery';
import { sameJson } from '../same-json.ts';
import { type Emptying, isEmpty, terminatingConditions } from './plan.ts';

interface NamespaceDeps {
  readonly namespaces: Pick<Lister<Namespace>, 'get'>;
  readonly client: ApiClient;
  readonly clock: Clock;
}

/** The finalizer by which this controller holds a namespace. */
const finalizer = 'kubernetes';
/** The interval at which the remaining objects are counted, as there is no event for the deletion of the last one. */
const recountMs = 1000;

export function namespaceReconciler({ namespaces: lister, client, clock }: NamespaceDeps): Reconciler {
  return {
    name: 'namespace-controller',
    async reconcile(key, signal): Promise<Result> {
      const known = lister.get(key);
      if (!known || known.metadata.deletionTimestamp === undefined) return {};
      let namespace = await current(key);
      if (!namespace?.spec.finalizers?.includes(finalizer)) return {};
      if (namespace.status?.phase !== 'Terminating')
        namespace = await client
          .resource(namespaces)
          .updateStatus({ ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
      const emptying = await empty(key, signal);
      const conditions = terminatingConditions(namespace, emptying, timestamp(clock.now()));
      if (!sameJson(conditions, namespace.status?.conditions ?? []))
        namespace = await client
          .resource(namespaces)
          .updateStatus({ ...namespace, status: { ...namespace.status, conditions } });
      if (!isEmpty(emptying)) return { requeueAfterMs: recountMs };
      await finalize(namespace);
      return {};
    },
  };

  async function current(name: string): Promise<Namespace | undefined> {
    try {
      return await client.resource(namespaces).get({ name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function empty(namespace: string, signal: AbortSignal): Promise<Emptying> {
    const { resources, failures } = await discoverResources(client, { signal });
    const deletable = resources.filter(
      ({ namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list'),
    );
    const outcome = {
      deletionFailures: [] as string[],
      remaining: new Map<string, number>(),
      finalizers: new Map<string, number>(),
    };
    const isPods = ({ group, plural }: DiscoveredResource): boolean => group === pods.group && plural === pods.plural;
    // Pods first: what they use must not disappear under them.
    await Promise.all(deletable.filter(isPods).map((type) => clear(type, namespace, outcome)));
    if (outcome.remaining.size === 0)
      await Promise.all(deletable.filter((type) => !isPods(type)).map((type) => clear(type, namespace, outcome)));
    return { discoveryFailures: failures, ...outcome };
  }

  async function clear(
    type: DiscoveredResource,
    namespace: string,
    outcome: { deletionFailures: string[]; remaining: Map<string, number>; finalizers: Map<string, number> },
  ): Promise<void> {
    const resource = client.resource(type);
    try {
      const before = await resource.list({ namespace, metadataOnly: true });
      if (before.items.length === 0) return;
      if (type.verbs.includes('deletecollection'))
        await resource.deleteCollection({ namespace }, { propagationPolicy: 'Background' });
      else
        for (const { metadata } of before.items) await resource.delete(metadata, { propagationPolicy: 'Background' });
      const { items } = await resource.list({ namespace, metadataOnly: true });
      if (items.length === 0) return;
      outcome.remaining.set(groupResourceOf(type), items.length);
      for (const { metadata } of items)
        for (const name of metadata.finalizers ?? [])
          outcome.finalizers.set(name, (outcome.finalizers.get(name) ?? 0) + 1);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === 'NotFound' || reason === 'MethodNotAllowed') return; // the resource has just ceased to be served
      outcome.deletionFailures.push(`${groupResourceOf(type)}: ${messageOf(error)}`);
    }
  }

  async function finalize(namespace: Namespace): Promise<void> {
    const finalizers = namespace.spec.finalizers?.filter((name) => name !== finalizer) ?? [];
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace.metadata.name)}/finalize`;
    try {
      await client.json('PUT', path, { apiVersion: 'v1', kind: 'Namespace', ...namespace, spec: { finalizers } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error; // gone already, or changed: the event wakes us again
    }
  }
}
