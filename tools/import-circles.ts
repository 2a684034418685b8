import { dirname, join } from 'node:path';

/** Static imports and re-exports of files of the checkout, including types; dynamic ones (`import()`) do not count. */
const fromFile = /^(?:import|export)\b[^'";]*?\bfrom\s+['"](\.[^'"]+)['"]|^import\s+['"](\.[^'"]+)['"]/gm;

/**
 * Import cycles, at least one for each group of files that import each other directly or indirectly. Such files can
 * only be understood together: what they share belongs in a file that both import.
 */
export function importCircles(texts: ReadonlyMap<string, string>): readonly (readonly string[])[] {
  const imports = new Map([...texts].map(([file, text]) => [file, importsOf(file, text, texts)]));
  const circles: string[][] = [];
  const seen = new Set<string>();
  const way: string[] = [];
  const follow = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file]);
    if (seen.has(file)) return;
    seen.add(file);
    way.push(file);
    for (const next of imports.get(file) ?? []) follow(next);
    way.pop();
  };
  for (const file of imports.keys()) follow(file);
  return circles;
}

function importsOf(file: string, text: string, texts: ReadonlyMap<string, string>): string[] {
  return [...text.matchAll(fromFile)]
    .map(([, from, bare]) => join(dirname(file), from ?? bare ?? ''))
    .filter((target) => texts.has(target));
}
