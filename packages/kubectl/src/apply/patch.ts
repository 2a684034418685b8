import { messageOf } from '@typernetes/base';
import {
  type ApiObject,
  createThreeWayJsonMergePatch,
  createThreeWayStrategicPatch,
  type JsonObject,
  type StructSchema,
  strategicConflict,
  type ThreeWay,
} from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import type { AnyResource } from '../resources/any-resource.ts';
import { isKnownHere } from '../resources/schema-here.ts';
import { builtInResources } from '../resources/well-known.ts';
import { lastApplied, lastAppliedAnnotation, sortedKeys, writtenText } from './last-applied.ts';

export interface ApplyPatch {
  readonly type: 'strategic' | 'merge';
  readonly body: JsonObject;
}

export interface PatchOptions {
  /** Whether the file's values stand above those that somebody else has set. */
  readonly overwrite: boolean;
  /** Whether what the server's API says of a kind is looked at before what kubectl itself knows. */
  readonly openapiPatch: boolean;
  /** Prints what is wrong with one way of making the patch, when there is another. */
  warn(text: string): void;
}

/** No patch could be made; its message is what was to be done, and why it cannot be. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** What takes the object on the server to what the file says; undefined when it is that already. */
export async function applyPatch(
  type: AnyResource,
  { modified, current }: { modified: ApiObject; current: ApiObject },
  options: PatchOptions,
): Promise<ApplyPatch | undefined> {
  const states: ThreeWay = {
    original: lastApplied(current),
    modified: modified as unknown as JsonObject,
    current: current as unknown as JsonObject,
  };
  const schema = await schemaOf(type);
  const isKnown = schema && (options.openapiPatch || isKnownHere(type));
  const strategic = isKnown ? strategicPatch(states, { type, schema }, options) : undefined;
  const body = strategic ?? createThreeWayJsonMergePatch(states);
  return Object.keys(body).length === 0 ? undefined : { type: strategic ? 'strategic' : 'merge', body };
}

/** Undefined where there can be none. Throws for that where kubectl itself knows the kind, which is the last of its ways. */
function strategicPatch(
  states: ThreeWay,
  { type, schema }: { type: AnyResource; schema: StructSchema },
  { overwrite, openapiPatch, warn }: PatchOptions,
): JsonObject | undefined {
  let why: string;
  try {
    const conflict = overwrite ? undefined : strategicConflict(states, schema);
    if (!conflict) return createThreeWayStrategicPatch(states, schema);
    const [wanted, changed] = [conflict.wanted, conflict.changed].map((patch) => encodeYaml(sortedKeys(patch)));
    why = `patch:\n${wanted}\nconflicts with changes made from original to current:\n${changed}\n`;
  } catch (error) {
    why = messageOf(error);
  }
  if (openapiPatch)
    for (const document of ['openapi v3', 'openapi'])
      warn(`warning: error calculating patch from ${document} spec: ${why}\n`);
  if (!isKnownHere(type)) return undefined;
  const { original, modified, current } = statesAsText(states);
  throw new PatchError(
    `creating patch with:\noriginal:\n${original}\nmodified:\n${modified}\ncurrent:\n${current}\nfor: ${why}`,
  );
}

function statesAsText({ modified, current }: ThreeWay): Record<'original' | 'modified' | 'current', string> {
  const [wanted, actual] = [modified, current].map((object) => writtenText(object as unknown as ApiObject));
  const original = (current as unknown as ApiObject).metadata.annotations?.[lastAppliedAnnotation] ?? '';
  return { original, modified: wanted as string, current: actual as string };
}

/** Built-in kinds merge their lists by key; of others nothing is known. */
async function schemaOf({ group, kind, version }: AnyResource): Promise<StructSchema | undefined> {
  const { schemaOfKind } = await import('@typernetes/api/schema');
  // A version that has gone is merged as the one that came after it.
  const known = builtInResources.find((one) => one.group === group && one.kind === kind);
  return schemaOfKind({ group, version, kind }) ?? (known && schemaOfKind({ group, kind, version: known.version }));
}
