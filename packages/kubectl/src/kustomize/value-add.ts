import type { JsonObject } from '@typernetes/machinery';
import { mustBe, pathOf } from './field-spec.ts';
import type { PatchTarget } from './patch-target.ts';
import { chosen } from './patches.ts';
import { isClusterWide, type Resource } from './resource.ts';

/** Where ValueAddTransformer puts its value. */
export interface ValueTarget {
  readonly selector?: PatchTarget;
  readonly fieldPath: string;
  /** Into a path that is there, before its part of this number, from 1; 0 replaces what is there. */
  readonly filePathPosition?: number;
}

export function addValues(resources: readonly Resource[], value: string, targets: readonly ValueTarget[]): void {
  for (const { selector, fieldPath, filePathPosition = 0 } of targets)
    for (const one of selector ? chosen(resources, selector) : resources) {
      if (fieldPath === 'metadata/namespace') {
        if (!isClusterWide(one)) one.object.metadata.namespace = value;
      } else add(one, pathOf(fieldPath), { value, position: filePathPosition });
    }
}

function add({ object }: Resource, path: readonly string[], of: { value: string; position: number }): void {
  let holder: JsonObject = object;
  for (const step of path.slice(0, -1)) {
    if (holder[step] === undefined || holder[step] === null) holder[step] = {};
    const next = holder[step];
    mustBe('MappingNode', next);
    holder = next as JsonObject;
  }
  const last = path.at(-1) as string;
  const old = holder[last] ?? '';
  mustBe('ScalarNode', old);
  holder[last] = of.position > 0 ? inserted(String(old), of.position - 1, of.value) : of.value;
}

/** `a/b` with `c` at 1 is `a/c/b`; a whole path stays one. */
function inserted(path: string, at: number, value: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  parts.splice(Math.min(at, parts.length), 0, value);
  return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}
