import type { ApiObject, ResourceType } from '@typernetes/machinery';
import { type GatedFields, gatedFields } from './gated-fields-table.ts';

/**
 * Drops the fields of disabled gates from a written object, unless they are in use: objects stored while a gate was
 * enabled keep them. Changes `next` in place, but never parts that it shares with `current`.
 */
export function dropGatedFields(
  { group, plural }: Pick<ResourceType<ApiObject>, 'group' | 'plural'>,
  { next, current }: { readonly next: ApiObject; readonly current: ApiObject | undefined },
  isOn: (gate: string) => boolean,
): void {
  const closed = closedOf(`${group}/${plural}`, isOn);
  if (closed.length === 0) return;
  const inUse = new Set(closed.filter((fields) => current && uses(current, fields)).map(({ gate }) => gate));
  for (const fields of closed)
    if (!inUse.has(fields.gate)) for (const path of fields.paths) cut(next, path.split('.'), fields);
}

/** Cached by the function that knows the gates, which do not change while a server runs. */
const closedFields = new WeakMap<(gate: string) => boolean, Map<string, readonly GatedFields[]>>();

/** The fields of a resource whose gates are disabled. */
function closedOf(resource: string, isOn: (gate: string) => boolean): readonly GatedFields[] {
  let byResource = closedFields.get(isOn);
  if (!byResource) {
    byResource = new Map();
    closedFields.set(isOn, byResource);
  }
  let closed = byResource.get(resource);
  if (!closed) {
    closed = (gatedFields[resource] ?? []).filter(
      ({ gate, also }) => !isOn(gate) || (also !== undefined && !isOn(also)),
    );
    byResource.set(resource, closed);
  }
  return closed;
}

const uses = (object: object, { paths, counts }: GatedFields): boolean =>
  paths.some((path) => isThere(object, path.split('.'), counts));

type Fields = Record<string, unknown>;

/** The values at one step of a path: the items of a list, the values of a map, or a single value; empty if missing. */
function childrenAt(holder: Fields, step: string): Fields[] {
  const value = holder[step.replace(/\[\]|\{\}/, '')];
  const isMap = step.endsWith('{}') && typeof value === 'object' && value !== null;
  const children = isMap ? Object.values(value) : step.endsWith('[]') && Array.isArray(value) ? value : [value];
  return children.filter((child): child is Fields => typeof child === 'object' && child !== null);
}

function isThere(holder: object, [step = '', ...rest]: readonly string[], counts: GatedFields['counts']): boolean {
  const fields = holder as Fields;
  if (rest.length > 0) return childrenAt(fields, step).some((child) => isThere(child, rest, counts));
  return fields[step] !== undefined && (counts?.(fields[step]) ?? true);
}

function cut(holder: object, [step = '', ...rest]: readonly string[], gated: GatedFields): void {
  const fields = holder as Fields;
  if (rest.length === 0) {
    if (isThere(fields, [step], gated.counts)) delete fields[step];
    return;
  }
  for (const child of childrenAt(fields, step)) {
    const had = Object.keys(child).length;
    cut(child, rest, gated);
    if (gated.takesHolder && had > 0 && Object.keys(child).length === 0) delete fields[step];
  }
}
