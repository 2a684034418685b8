import type { ApiServerParts } from './part-slots.ts';

type Parts = Partial<ApiServerParts>;

/** Combines parts of a server: lists are concatenated; where there can be only one value, only one part may have it. */
export function mergeParts(all: readonly Parts[]): Parts {
  const merged: Record<string, unknown> = {};
  for (const parts of all) {
    for (const [name, part] of Object.entries(parts)) {
      const present = merged[name];
      if (part === undefined) continue;
      if (present === undefined) merged[name] = part;
      else if (Array.isArray(present) && Array.isArray(part)) merged[name] = [...present, ...part];
      else if (present instanceof Map && part instanceof Map) merged[name] = new Map([...present, ...part]);
      else throw new Error(`Cannot merge the parts of a server: "${name}" comes from two`);
    }
  }
  return merged;
}
