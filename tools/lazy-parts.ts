/**
 * Rewrites a part, as esbuild converts it to CommonJS, so that it loads another part when it first uses a name of it,
 * not when it is loaded itself. For packages whose files only define things (`sideEffects: false`) this makes no
 * difference, and it spares a command everything that only its rarer branches need.
 */
export function lazyParts(code: string): string {
  const names = new Set<string>();
  const declared = code.replace(/^var (import_\w+) = (require\("\.\/\w+\.cjs"\));$/gm, (_, name: string, load) => {
    names.add(name);
    return `var ${name} = () => { const part = ${load}; ${name} = () => part; return part; };`;
  });
  // In parentheses, for `new import_A.Some()`.
  return declared.replace(/\b(import_\w+)\./g, (whole, name: string) => (names.has(name) ? `(${name}()).` : whole));
}
