import { defaultResources } from '@typernetes/api/schema';
import type { ServedResource } from '../registry/served-resource.ts';

/** Every built-in resource with no policy at all: to test the generic handler alone. */
export function plainResources(): ServedResource[] {
  return defaultResources()
    .filter((fact) => fact.etcdPrefix !== undefined)
    .map((fact) => ({
      type: {
        group: fact.group,
        version: fact.version,
        plural: fact.plural,
        singular: fact.singular,
        kind: fact.kind,
        listKind: fact.listKind ?? `${fact.kind}List`,
        namespaced: fact.namespaced,
      },
      verbs: fact.verbs,
      storage: { prefix: fact.etcdPrefix as string },
      strategy: { keepsGeneration: true },
      subresources: Object.fromEntries(
        (fact.subresources ?? [])
          .filter((part) => part.name === 'status')
          .map((part) => [part.name, { via: 'strategy', verbs: part.verbs, strategy: {} } as const]),
      ),
      printer: {
        columns: [{ name: 'Name', type: 'string', format: 'name' }],
        cells: (object) => [object.metadata.name],
      },
      selectableFields: ({ metadata }) => ({
        'metadata.name': metadata.name,
        'metadata.namespace': metadata.namespace ?? '',
      }),
      selectableFieldNames: ['metadata.name', 'metadata.namespace'],
    }));
}
