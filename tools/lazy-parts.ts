/**
 * Makes a part, as esbuild turns it into CommonJS, load another one when it first uses a name of it and not when it is loaded itself. That is the
 * same for packages whose files do nothing but define (`sideEffects: false`), and spares a command all that only its rarer ways need.
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
