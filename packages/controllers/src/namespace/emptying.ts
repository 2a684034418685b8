import { pods } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { type ApiClient, type DiscoveredResource, discoverResources } from '@typernetes/client';
import { groupResourceOf, reasonOf } from '@typernetes/machinery';
import type { Emptying } from './plan.ts';

interface Outcome {
  readonly deletionFailures: string[];
  readonly remaining: Map<string, number>;
  readonly finalizers: Map<string, number>;
}

/** Deletes what can be deleted in a namespace, and counts what is left. */
export async function emptyNamespace(namespace: string, client: ApiClient, signal: AbortSignal): Promise<Emptying> {
  const { resources, failures } = await discoverResources(client, { signal });
  const deletable = resources.filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list'),
  );
  const outcome: Outcome = { deletionFailures: [], remaining: new Map(), finalizers: new Map() };
  const clearAll = (types: readonly DiscoveredResource[]) =>
    Promise.all(types.map((type) => clear(type, { namespace, client, outcome })));
  // Pods first: what they use must not disappear under them.
  await clearAll(deletable.filter(isPods));
  if (outcome.remaining.size === 0) await clearAll(deletable.filter((type) => !isPods(type)));
  return { discoveryFailures: failures, ...outcome };
}

function isPods({ group, plural }: DiscoveredResource): boolean {
  return group === pods.group && plural === pods.plural;
}

async function clear(
  type: DiscoveredResource,
  { namespace, client, outcome }: { namespace: string; client: ApiClient; outcome: Outcome },
): Promise<void> {
  const resource = client.resource(type);
  try {
    const before = await resource.list({ namespace, metadataOnly: true });
    if (before.items.length === 0) return;
    if (type.verbs.includes('deletecollection'))
      await resource.deleteCollection({ namespace }, { propagationPolicy: 'Background' });
    else for (const { metadata } of before.items) await resource.delete(metadata, { propagationPolicy: 'Background' });
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
