import type { Json } from './samples.ts';

/** Splits `spec.containers[0].env[1].name` or `metadata.labels[a.b]` into steps. */
export function stepsOf(path: string): string[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, key, name]) => key ?? name ?? '');
}

/**
 * A copy without the value at a path or, if there is none, without its nearest existing parent. Undefined if there is
 * none either.
 */
export function without(object: Json, path: string, up = 0): Json | undefined {
  const steps = stepsOf(path);
  for (let length = steps.length - up; length > 1; length--) {
    const copy = structuredClone(object);
    const inner = steps.slice(0, length - 1).reduce<unknown>((at, step) => (at as Json | undefined)?.[step], copy);
    const last = steps[length - 1] ?? '';
    if (typeof inner !== 'object' || inner === null || !(last in inner)) continue;
    if (Array.isArray(inner)) inner.splice(Number(last), 1);
    else delete (inner as Json)[last];
    return copy;
  }
  return undefined;
}
