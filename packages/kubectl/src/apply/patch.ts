import {
  type ApiObject,
  createMergePatch,
  createThreeWayJsonMergePatch,
  createThreeWayStrategicPatch,
  isJsonObject,
  type JsonObject,
  jsonEqual,
} from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import type { AnyResource } from '../resources/any-resource.ts';
import { builtInResources } from '../resources/well-known.ts';
import { lastApplied } from './last-applied.ts';

export interface ApplyPatch {
  readonly type: 'strategic' | 'merge';
  readonly body: JsonObject;
}

/** Throws where the file changes what somebody else has changed as well, to something else. */
function checkConflicts({
  original,
  modified,
  current,
}: Record<'original' | 'modified' | 'current', JsonObject>): void {
  const mine = createMergePatch(original, modified) as JsonObject;
  const theirs = createMergePatch(original, current) as JsonObject;
  if (!contradict(mine, theirs)) return;
  throw new Error(
    `patch:\n${encodeYaml(mine)}\nconflicts with changes made from original to current:\n${encodeYaml(theirs)}\n`,
  );
}

function contradict(a: unknown, b: unknown): boolean {
  if (!isJsonObject(a) || !isJsonObject(b)) return !jsonEqual(a, b);
  return Object.keys(a).some((key) => Object.hasOwn(b, key) && contradict(a[key], b[key]));
}

/** What takes the object on the server to what the file says; undefined when it is that already. */
export async function applyPatch(
  type: AnyResource,
  states: { modified: ApiObject; current: ApiObject },
  { overwrite }: { overwrite: boolean },
): Promise<ApplyPatch | undefined> {
  const { modified, current } = states;
  const ways = {
    original: lastApplied(current),
    modified: modified as unknown as JsonObject,
    current: current as unknown as JsonObject,
  };
  if (!overwrite && ways.original) checkConflicts({ ...ways, original: ways.original });
  // Built-in kinds merge their lists by key; of others nothing is known.
  const { schemaOfKind } = await import('@typernetes/api/schema');
  // A version that has gone is merged as the one that came after it.
  const known = builtInResources.find(({ group, kind }) => group === type.group && kind === type.kind);
  const { group, kind, version } = type;
  const schema =
    schemaOfKind({ group, version, kind }) ?? (known && schemaOfKind({ group, kind, version: known.version }));
  const body = schema ? createThreeWayStrategicPatch(ways, schema) : createThreeWayJsonMergePatch(ways);
  return Object.keys(body).length === 0 ? undefined : { type: schema ? 'strategic' : 'merge', body };
}
