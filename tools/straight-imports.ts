import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

const packages = resolve(import.meta.dirname, '../packages');

/**
 * Turns imports from a package's index into imports of the declaring files. A split bundle is cut between files:
 * otherwise, importing one name of an index would load everything that anybody imports from that index.
 */
export const straightImports: Plugin = {
  name: 'straight-imports',
  setup(build) {
    const indexes = new Map<string, ReadonlyMap<string, string>>();
    const filesOf = (name: string): ReadonlyMap<string, string> => {
      const known = indexes.get(name) ?? readIndex(join(packages, name, 'src/index.ts'));
      indexes.set(name, known);
      return known;
    };
    build.onLoad({ filter: /\/(packages|apps)\/.*\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replace(
        /^(import|export) \{([^}]*)\} from '@typernetes\/([a-z-]+)';/gm,
        (whole, word: string, list: string, name: string) => {
          const files = filesOf(name);
          const values = list.split(',').map((item) => item.trim());
          const lines = values
            .filter((item) => item !== '' && !item.startsWith('type '))
            .map((item) => [item, files.get(item.split(' as ')[0] as string)] as const);
          if (lines.some(([, file]) => file === undefined)) return whole;
          return lines.map(([item, file]) => `${word} { ${item} } from ${JSON.stringify(file)};`).join(' ');
        },
      ),
    }));
  },
};

/** The names that an index re-exports, and their files. */
function readIndex(index: string): ReadonlyMap<string, string> {
  if (!existsSync(index)) return new Map();
  const names = readFileSync(index, 'utf8').matchAll(/^export \{([^}]*)\} from '(\.[^']*)';/gm);
  return new Map(
    [...names].flatMap(([, list = '', file = '']) =>
      list
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '' && !item.startsWith('type ') && !item.includes(' as '))
        .map((item) => [item, join(dirname(index), file)] as const),
    ),
  );
}
