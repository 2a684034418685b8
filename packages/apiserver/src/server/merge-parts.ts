import type { ApiServerParts } from './api-server.ts';

type Parts = Partial<ApiServerParts>;

/** One server's parts from several: what is asked in order is put one behind the other; what there is only one of may come from one. */
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
