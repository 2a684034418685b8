import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Takes Node's modules as they are instead of importing them: an import reads every export of the module once, and among those of
 * node:http are some that load an HTTP client of 400 KB, which takes longer than all the rest of a small program's start.
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
 * What esbuild makes of an import has a getter for each property that the module itself has: a hundred for node:fs, three milliseconds for what
 * kubectl imports. What is inherited needs none.
 */
const inherited = (path: string): string => `const builtin = ${builtin(path)};
module.exports = typeof builtin === 'function' ? builtin : Object.create(builtin);`;
