import {
  type ApiObject,
  createThreeWayJsonMergePatch,
  createThreeWayStrategicPatch,
  type JsonObject,
} from '@typernetes/machinery';
import type { AnyResource } from '../resources/finder.ts';
import { lastApplied } from './last-applied.ts';

export interface ApplyPatch {
  readonly type: 'strategic' | 'merge';
  readonly body: JsonObject;
}

/** What takes the object on the server to what the file says; undefined when it is that already. */
export async function applyPatch(
  type: AnyResource,
  states: { modified: ApiObject; current: ApiObject },
): Promise<ApplyPatch | undefined> {
  const { modified, current } = states;
  const ways = {
    original: lastApplied(current),
    modified: modified as unknown as JsonObject,
    current: current as unknown as JsonObject,
  };
  // Built-in kinds merge their lists by key; of others nothing is known.
  const { schemaOfKind } = await import('@typernetes/api/schema');
  const schema = schemaOfKind({ group: type.group, version: type.version, kind: type.kind });
  const body = schema ? createThreeWayStrategicPatch(ways, schema) : createThreeWayJsonMergePatch(ways);
  return Object.keys(body).length === 0 ? undefined : { type: schema ? 'strategic' : 'merge', body };
}
