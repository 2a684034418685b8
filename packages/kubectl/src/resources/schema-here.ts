import type { StructSchema } from '@typernetes/machinery';
import type { AnyResource } from './any-resource.ts';

/** Groups of built-in kinds for which upstream's kubectl has no types: they come from API servers of their own. */
const foreign = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

/** Whether kubectl itself knows the fields of a kind, without what a server says of it. */
export const isKnownHere = ({ group }: Pick<AnyResource, 'group'>): boolean => !foreign.has(group);

/** How a kind's parts are merged, where kubectl itself knows; loaded when it is needed. */
export async function schemaHere(
  type: Pick<AnyResource, 'group' | 'version' | 'kind'>,
): Promise<StructSchema | undefined> {
  if (!isKnownHere(type)) return undefined;
  const { schemaOfKind } = await import('@typernetes/api/schema');
  const { group, version, kind } = type;
  return schemaOfKind({ group, version, kind });
}
