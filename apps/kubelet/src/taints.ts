import type { Taint } from '@typernetes/api/core/v1';

/** Parses `key=value:effect` and `key:effect`. Throws on anything else. */
export function parseTaints(texts: readonly string[]): Taint[] {
  return texts.map((text) => {
    const match = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text);
    if (!match) throw new Error(`invalid taint spec: ${text}`);
    const [, key, value, effect] = match;
    return { key: key as string, ...(value ? { value } : {}), effect: effect as Taint['effect'] };
  });
}
