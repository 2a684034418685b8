/**
 * Bundles each program of apps/ into one file, `.cache/bundles/<program>.mjs`: one file starts faster than hundreds, and is
 * all that an image or a machine needs beside Node itself. A bundle is made anew only when one of the files that went into
 * it has changed. As a program: `node tools/bundle.ts [program…]`.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const cache = join(root, '.cache/bundles');

/** Bump when the way of bundling changes: it makes all bundles stale. */
const recipe = '2';

/** Dependencies written for CommonJS call `require` for Node's own modules. */
const banner = [
  "import { createRequire as createRequireForBundle } from 'node:module';",
  'const require = createRequireForBundle(import.meta.url);',
].join('\n');

/**
 * Takes Node's modules as they are instead of importing them: an import reads every export of the module once, and among those of
 * node:http are some that load an HTTP client of 400 KB, which takes longer than all the rest of a small program's start.
 */
const builtinsAsTheyAre: Plugin = {
  name: 'builtins-as-they-are',
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) =>
      isBuiltin(path) && kind !== 'dynamic-import'
        ? { path: path.replace(/^node:/, ''), namespace: 'builtin' }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)});`,
    }));
  },
};

/** What a bundle was made of: path below the root to size and time of change. */
interface Inputs {
  readonly recipe: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Whether there is such a program: apps may still lack their main.ts. */
export function hasProgram(program: string): boolean {
  return existsSync(join(root, 'apps', program, 'src/main.ts'));
}

/** The path of the program's up-to-date bundle. Throws, with the compiler's messages printed, when it cannot be made. */
export async function bundleProgram(program: string): Promise<string> {
  const output = join(cache, `${program}.mjs`);
  const inputsFile = join(cache, `${program}.inputs.json`);
  if (isFresh(output, inputsFile)) return output;
  mkdirSync(cache, { recursive: true });
  const { build } = await import('esbuild');
  const result = await build({
    absWorkingDir: root,
    entryPoints: [`apps/${program}/src/main.ts`],
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: banner },
    plugins: [builtinsAsTheyAre],
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write: false,
    outfile: output,
  });
  const [bundle] = result.outputFiles;
  if (!bundle) throw new Error(`Cannot bundle program "${program}": no output`);
  replaceFile(output, bundle.contents);
  const files = Object.fromEntries(
    Object.keys(result.metafile.inputs)
      .filter((file) => !file.startsWith('builtin:'))
      .map((file) => [file, stampOf(join(root, file))]),
  );
  replaceFile(inputsFile, JSON.stringify({ recipe, files } satisfies Inputs));
  return output;
}

function isFresh(output: string, inputsFile: string): boolean {
  if (!existsSync(output) || !existsSync(inputsFile)) return false;
  const inputs = JSON.parse(readFileSync(inputsFile, 'utf8')) as Inputs;
  return (
    inputs.recipe === recipe &&
    Object.entries(inputs.files).every(([file, stamp]) => stampOf(join(root, file)) === stamp)
  );
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.size} ${stat.mtimeMs}` : 'gone';
}

/** Other processes see the old file or the new one, never half of it. */
function replaceFile(file: string, contents: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}

if (import.meta.main) {
  for (const program of process.argv.slice(2)) console.log(await bundleProgram(program));
}
