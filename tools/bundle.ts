/**
 * Bundles each program of apps/ into a directory, `.cache/bundles/<program>/`: one file starts faster than hundreds.
 * `main.cjs` is the program, `start.cjs` starts it from compiled code; the large parts of a program that is split are
 * beside them and are loaded on demand. An image or a machine needs nothing else beside Node; `page/` is the program's
 * web page, if it has one. A bundle is rebuilt only when one of its source files has changed. As a program: `node
 * tools/bundle.ts [program…]`.
 */

import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { programEntry, rehearsalOf } from '@typernetes/machine';
import type { BuildOptions, Metafile } from 'esbuild';
import { buildSource } from './build-source.ts';
import { buildSuffix } from './build-version.ts';
import { builtinsAsTheyAre } from './builtin-modules.ts';
import { lazyParts } from './lazy-parts.ts';
import { bundlePage, type PageBundle } from './page-bundle.ts';
import { inAscii, joined, type Part, restOf, scriptOf, starterOf } from './program-script.ts';
import { straightImports } from './straight-imports.ts';

const root = resolve(import.meta.dirname, '..');
const cache = join(root, `.cache/bundles${buildSuffix}`);

/** Change this when the way of bundling changes: all bundles become stale. */
const recipe = '9';

/**
 * Programs that people type most often are split, because loading is most of what a short command takes. `main.cjs` has
 * the parts with the program's entry and these files, which list commands need, and everything they import; the others
 * are in `rest.cjs`, which is six times as large.
 */
const inParts: Readonly<Record<string, readonly string[]>> = {
  kubectl: ['packages/kubectl/src/open-session.ts', 'packages/kubectl/src/commands/get.ts'],
};

/** Programs that machines get a part of: the whole needs a checkout. */
const entries: Readonly<Record<string, string>> = { typernetes: 'apps/typernetes/src/installed-program.ts' };

const entryOf = (program: string): string => entries[program] ?? `apps/${program}/src/main.ts`;

/** Constants that differ in builds of another version. */
const define: Record<string, string> =
  buildSuffix === '' ? {} : { TYPERNETES_BUILD_VERSION: JSON.stringify(buildSuffix.slice(1)) };

/**
 * The build facts for the API server. They only change with the files of its bundle, so that other commits leave the
 * bundle as it is.
 */
function sourceOf(program: string): Record<string, string> {
  const source = program === 'kube-apiserver' ? buildSource(root) : undefined;
  return source ? { TYPERNETES_BUILD_SOURCE: JSON.stringify(source) } : {};
}

/** The inputs of a bundle: path below the root to size and modification time. */
interface Inputs {
  readonly recipe: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Whether the program exists: a directory in apps may lack its main.ts. */
export function hasProgram(program: string): boolean {
  return existsSync(join(root, 'apps', program, 'src/main.ts'));
}

/** The path of the up-to-date `main.cjs`. If bundling fails, prints the compiler's messages and throws. */
export async function bundleProgram(program: string): Promise<string> {
  const output = join(cache, programEntry(program));
  const inputsFile = join(cache, `${program}.inputs.json`);
  if (isFresh(output, inputsFile)) return output;
  mkdirSync(cache, { recursive: true });
  const rehearsal = await rehearsalScript(program);
  const { metafile, scripts } = await (inParts[program]
    ? bundleInParts(program, inParts[program])
    : bundleWhole(program));
  const page = await bundlePage(program);
  writeBundle(program, [...scripts, ...(rehearsal?.scripts ?? [])], page?.files);
  const files = Object.fromEntries(
    Object.keys({ ...metafile.inputs, ...rehearsal?.metafile.inputs, ...page?.metafile.inputs })
      .filter((file) => !/^(imported|required):/.test(file))
      .map((file) => [file, stampOf(join(root, file))]),
  );
  replaceFile(inputsFile, JSON.stringify({ recipe, files } satisfies Inputs));
  return output;
}

/** The files of a program to install: paths below the directory of programs, with contents. */
export async function programFiles(program: string): Promise<readonly { path: string; content: Buffer }[]> {
  await bundleProgram(program);
  return readdirSync(join(cache, program), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((path) => ({ path: relative(cache, path), content: readFileSync(path) }));
}

/** Copies the program's files to `folder`. */
export async function copyProgram(program: string, folder: string): Promise<void> {
  await bundleProgram(program);
  cpSync(join(cache, program), join(folder, program), { recursive: true });
}

const options = (program: string) =>
  ({
    absWorkingDir: root,
    entryPoints: [entryOf(program)],
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    define: { ...define, ...sourceOf(program) },
    logLevel: 'warning',
    metafile: true,
    write: false,
  }) as const satisfies BuildOptions;

/** The files of a program, and their inputs. */
interface Bundle {
  readonly scripts: readonly Part[];
  readonly metafile: Metafile;
}

const wholeOptions = {
  format: 'cjs',
  supported: { 'dynamic-import': false },
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [builtinsAsTheyAre],
} as const satisfies BuildOptions;

/** `import.meta.dirname` is the program's directory: `start.cjs` passes its own module on. */
const definesOf = (program: string): Record<string, string> => ({
  ...options(program).define,
  'import.meta.dirname': 'module.path',
});

/**
 * Long-running programs are a single script, in which calls between files cost nothing. Names are kept for profiles.
 */
async function bundleWhole(program: string): Promise<Bundle> {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({ ...options(program), ...wholeOptions, define: definesOf(program) });
  return { scripts: outputFiles.map(({ text }) => ['./main.cjs', scriptOf(text)]), metafile };
}

/** The program's rehearsal script, if it has one. */
async function rehearsalScript(program: string): Promise<Bundle | undefined> {
  const entry = `apps/${program}/src/rehearsal.ts`;
  if (!existsSync(join(root, entry))) return undefined;
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    ...options(program),
    ...wholeOptions,
    define: definesOf(program),
    entryPoints: [entry],
  });
  return { scripts: outputFiles.map(({ text }) => [`./${basename(rehearsalOf(program))}`, text]), metafile };
}

/** Parts larger than this, in bytes, stay separate files: they contain data that few commands need. */
const largePart = 100_000;

/**
 * Splits the program into ES modules, so that each part has just what it needs; converts them to CommonJS, for which
 * Node needs no second loader; makes them load each other on demand; and joins them into one file again as functions,
 * because finding another file costs more than running the functions.
 */
async function bundleInParts(program: string, frequent: readonly string[]): Promise<Bundle> {
  const { build, transform } = await import('esbuild');
  const folder = join(cache, program);
  const result = await build({
    ...options(program),
    plugins: [builtinsAsTheyAre, straightImports],
    splitting: true,
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    chunkNames: '[hash]',
  });
  const soon = partsOf([entryOf(program), ...frequent], result.metafile);
  const large: Part[] = [];
  const parts: Part[] = [];
  const rest: Part[] = [];
  for (const { path, text } of result.outputFiles) {
    const target = { platform: 'node', target: 'node26', supported: { 'dynamic-import': false } } as const;
    const whole = await transform(text, { ...target, format: 'cjs' });
    const part = `module.exports=function(exports,require,module){${lazyParts(whole.code)}}`;
    const { code } = await transform(part, { ...target, minify: true });
    const name = `./${basename(path)}`;
    // A large part may require parts of this bundle, so it also gets the lazy loading.
    if (code.length > largePart) large.push([name, code]);
    else (soon.has(name) ? parts : rest).push([name, code.replace(/^module\.exports=|;\n$/g, '')]);
  }
  const scripts: Part[] = [['./main.cjs', scriptOf(joined(parts))], ['./rest.cjs', restOf(rest)], ...large];
  return { scripts, metafile: result.metafile };
}

/** The names of the parts that contain these files, and of the parts that these import statically. */
function partsOf(files: readonly string[], { outputs }: Metafile): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (path: string): void => {
    const name = `./${basename(path)}`;
    if (found.has(name)) return;
    found.add(name);
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') add(imported);
  };
  for (const file of files) {
    const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === file) ?? [];
    if (path === undefined) throw new Error(`Cannot find part "${file}": nothing imports it when it is used`);
    add(path);
  }
  return found;
}

/** Replaces the program's directory atomically. */
function writeBundle(program: string, scripts: readonly Part[], page?: PageBundle['files']): void {
  const folder = join(cache, program);
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  const hash = createHash('sha256');
  for (const [name, code] of scripts) {
    const text = inAscii(code);
    hash.update(text);
    writeFileSync(join(making, name), text);
  }
  if (page) mkdirSync(join(making, 'page'));
  for (const { name, content } of page ?? []) writeFileSync(join(making, 'page', name), content);
  const starter = { hash: hash.digest('hex').slice(0, 16), inParts: inParts[program] !== undefined };
  writeFileSync(join(making, 'start.cjs'), starterOf(program, starter));
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(join(folder, 'main.cjs'))) throw error;
    rmSync(making, { recursive: true });
  }
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

/** Replaces the file atomically: other processes see the old contents or the new. */
function replaceFile(file: string, contents: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}

if (import.meta.main) {
  for (const program of process.argv.slice(2)) console.log(await bundleProgram(program));
}
