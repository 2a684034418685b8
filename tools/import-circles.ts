import { dirname, join } from 'node:path';

/** Imports and re-exports of a file of the checkout, types too; those that wait until they are needed (`import()`) are none. */
const fromFile = /^(?:import|export)\b[^'";]*?\bfrom\s+['"](\.[^'"]+)['"]|^import\s+['"](\.[^'"]+)['"]/gm;

/**
 * Ways of imports that lead back to where they began: at least one for each knot of files that import each other, straight or by others.
 * Such files can only be read together: what they share belongs into a file that they both import.
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
