import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Requires Node's modules instead of importing them. An import reads every export of a module, and some exports of
 * node:http load an HTTP client of 400 KB, which takes longer than everything else at a small program's start.
 */
export const builtinsAsTheyAre: Plugin = {
  name: 'builtins-as-they-are',
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path) || kind === 'dynamic-import') return undefined;
      return { path: path.replace(/^node:/, ''), namespace: kind === 'import-statement' ? 'imported' : 'required' };
    });
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = ${builtin(path)};`,
    }));
    build.onLoad({ filter: /.*/, namespace: 'imported' }, ({ path }) => ({ contents: inherited(path) }));
  },
};

const builtin = (path: string): string => `process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`;

/**
 * esbuild wraps an import in an object with a getter for each own property of the module: a hundred for node:fs, three
 * milliseconds for all that kubectl imports. Inherited properties need no getters.
 */
const inherited = (path: string): string => `const builtin = ${builtin(path)};
module.exports = typeof builtin === 'function' ? builtin : Object.create(builtin);`;
