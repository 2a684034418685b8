import { isJsonObject, type JsonObject, type Schema } from '@typernetes/machinery';

/**
 * A strategic merge with kustomize's rules: lists with merge keys are merged, and a patch's new items come before the
 * existing ones, unlike in the API server. Lists of unknown kinds are replaced.
 */
export function mergedPatch(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  if (patch.$patch === 'replace') return plain(patch) as JsonObject;
  const merged: JsonObject = { ...original };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null || (isJsonObject(value) && value.$patch === 'delete')) delete merged[key];
    else merged[key] = mergedMember(merged[key], value, memberOf(schema, key));
  }
  return merged;
}

interface Member {
  readonly schema: Schema | undefined;
  readonly mergeKey: string | undefined;
  readonly merges: boolean;
}

function memberOf(schema: Schema | undefined, key: string): Member {
  if (schema?.kind === 'struct') {
    const field = schema.fields.get(key);
    return {
      schema: field?.schema,
      mergeKey: field?.patchMergeKey,
      merges: field?.patchStrategy.includes('merge') === true,
    };
  }
  return { schema: schema?.kind === 'map' ? schema.values : undefined, mergeKey: undefined, merges: false };
}

function mergedMember(original: unknown, value: unknown, { schema, mergeKey, merges }: Member): unknown {
  if (isJsonObject(value)) return isJsonObject(original) ? mergedPatch(original, value, schema) : plain(value);
  if (!Array.isArray(value) || !Array.isArray(original) || !merges) return plain(value);
  if (mergeKey === undefined) return [...value, ...original.filter((item) => !value.includes(item))];
  if (value.some((item) => isJsonObject(item) && item.$patch === 'replace')) return plain(value);
  const items = schema?.kind === 'list' ? schema.items : undefined;
  // Ports of the same number are distinguished by protocol, if both have one.
  const keys = schema?.kind === 'list' && schema.type === 'map' ? schema.keys : [];
  const same = (a: unknown, b: unknown): boolean =>
    isJsonObject(a) &&
    isJsonObject(b) &&
    a[mergeKey] === b[mergeKey] &&
    keys.every((key) => a[key] === undefined || b[key] === undefined || a[key] === b[key]);
  const rest = original.filter((old) => !value.some((item) => same(item, old)));
  const first = value
    .filter((item) => !(isJsonObject(item) && item.$patch === 'delete'))
    .map((item) => {
      const old = original.find((candidate) => same(candidate, item));
      return isJsonObject(old) && isJsonObject(item) ? mergedPatch(old, item, items) : plain(item);
    });
  return [...first, ...rest];
}

/** Removes directives and deleted items. */
function plain(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((item) => !(isJsonObject(item) && item.$patch !== undefined)).map(plain);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => !key.startsWith('$') && member !== null)
      .map(([key, member]) => [key, plain(member)]),
  );
}
