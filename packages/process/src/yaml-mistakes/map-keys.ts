import { goFloat, goQuote } from '@typernetes/machinery';
import { realMapTag, type Schema } from 'js-yaml';

/** A key that is itself a map or a list; the message is that of Go's parser. */
export class InvalidKey extends Error {
  override readonly name = 'InvalidKey';
}

/** A schema whose maps are `Map`s with keys of all types. Loading throws {@link InvalidKey} where Go's parser refuses one. */
export const withAllKeys = (schema: Schema): Schema =>
  schema.withTags({
    ...realMapTag,
    addPair: (map, key, value) => {
      if (Array.isArray(key) || key instanceof Map) throw new InvalidKey(`invalid map key: ${goSyntaxOf(key)}`);
      return realMapTag.addPair(map, key, value);
    },
  });

/** What is said of the first key in documents of `Map`s that is null, which JSON has no way to say; undefined where there is none. */
export function nullKeyProblem(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(nullKeyProblem).find((problem) => problem !== undefined);
  if (!(value instanceof Map)) return undefined;
  for (const [key, below] of value) {
    if (key === null)
      return `unsupported map key of type: %!s(<nil>), key: <nil>, value: ${below === null ? '<nil>' : goSyntaxOf(below)}`;
    const problem = nullKeyProblem(below);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Whether a text may have such keys: `null: x`, `~: x`, `{: x}`, `? \n: x`. */
export const mayHaveNullKeys = (text: string): boolean =>
  /(?:^|[\s{,?])(?:null|Null|NULL|~|[{,?]\s*)?[ \t]*:(?:\s|$)/m.test(text);

/** As Go's `%#v` writes what its YAML parser makes. */
function goSyntaxOf(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntaxOf).join(', ')}}`;
  if (value instanceof Map) {
    const pairs = [...value].sort(([a], [b]) => inGoOrder(a, b));
    return `map[interface {}]interface {}{${pairs.map(([key, below]) => `${goSyntaxOf(key)}:${goSyntaxOf(below)}`).join(', ')}}`;
  }
  return typeof value === 'number' && !Number.isSafeInteger(value) ? goFloat(value) : String(value);
}

/** Go prints maps in the order of their keys, texts before numbers. */
function inGoOrder(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) return typeof a === 'string' ? -1 : typeof b === 'string' ? 1 : 0;
  return (a as string) < (b as string) ? -1 : 1;
}
