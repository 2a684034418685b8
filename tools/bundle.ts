/**
 * Bundles each program of apps/ into a folder, `.cache/bundles/<program>/`: one file starts faster than hundreds. `main.cjs` is the program,
 * `start.cjs` starts it from compiled code; beside them are the large parts that a program in parts loads when they are used. That is all that
 * an image or a machine needs beside Node itself; `page/` is the page of a program that has one. A bundle is made anew only when one of the files that went into it has changed.
 * As a program: `node tools/bundle.ts [program…]`.
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

/** Bump when the way of bundling changes: it makes all bundles stale. */
const recipe = '9';

/**
 * What people type most is cut into parts, because loading is most of what a short command takes. `main.cjs` has the parts of the program's entry and of
 * these files, which showing a list needs, and all that they import; the others lie in `rest.cjs`, which is six times as large.
 */
const inParts: Readonly<Record<string, readonly string[]>> = {
  kubectl: ['packages/kubectl/src/open-session.ts', 'packages/kubectl/src/commands/get.ts'],
};

/** Constants that differ in builds under another version. */
const define: Record<string, string> =
  buildSuffix === '' ? {} : { TYPERNETES_BUILD_VERSION: JSON.stringify(buildSuffix.slice(1)) };

/** What the API server tells of its build. A later commit that leaves its files as they are leaves its bundle, too. */
function sourceOf(program: string): Record<string, string> {
  const source = program === 'kube-apiserver' ? buildSource(root) : undefined;
  return source ? { TYPERNETES_BUILD_SOURCE: JSON.stringify(source) } : {};
}

/** What a bundle was made of: path below the root to size and time of change. */
interface Inputs {
  readonly recipe: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Whether there is such a program: apps may still lack their main.ts. */
export function hasProgram(program: string): boolean {
  return existsSync(join(root, 'apps', program, 'src/main.ts'));
}

/** The path of the up-to-date `main.cjs`. Throws, with the compiler's messages printed, when it cannot be made. */
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

/** What has to lie in the folder of programs for this one: paths below that folder and contents. */
export async function programFiles(program: string): Promise<readonly { path: string; content: Buffer }[]> {
  await bundleProgram(program);
  return readdirSync(join(cache, program), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((path) => ({ path: relative(cache, path), content: readFileSync(path) }));
}

/** Lays the program's files below `folder`. */
export async function copyProgram(program: string, folder: string): Promise<void> {
  await bundleProgram(program);
  cpSync(join(cache, program), join(folder, program), { recursive: true });
}

const options = (program: string) =>
  ({
    absWorkingDir: root,
    entryPoints: [`apps/${program}/src/main.ts`],
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

/** Files of a program, and what they were made of. */
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

/** `import.meta.dirname` is where the program lies: `start.cjs` hands its own module on. */
const definesOf = (program: string): Record<string, string> => ({
  ...options(program).define,
  'import.meta.dirname': 'module.path',
});

/** Programs that run for long are one script: calls between their files cost nothing. Names stay, for those who read profiles. */
async function bundleWhole(program: string): Promise<Bundle> {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({ ...options(program), ...wholeOptions, define: definesOf(program) });
  return { scripts: outputFiles.map(({ text }) => ['./main.cjs', scriptOf(text)]), metafile };
}

/** The program's own rehearsal, where it has one. */
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

/** Parts above this size, in bytes, stay files of their own: data that few commands need. */
const largePart = 100_000;

/**
 * The program is cut into parts as modules, so that each has what it needs and no more; turned into CommonJS, for which Node needs no second
 * loader; told to load each other when they are used; and put into one file again as functions, because each file costs more to find than the functions of it cost to run.
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
  const soon = partsOf([`apps/${program}/src/main.ts`, ...frequent], result.metafile);
  const large: Part[] = [];
  const parts: Part[] = [];
  const rest: Part[] = [];
  for (const { path, text } of result.outputFiles) {
    const target = { platform: 'node', target: 'node26', supported: { 'dynamic-import': false } } as const;
    const whole = await transform(text, { ...target, format: 'cjs' });
    const part = `module.exports=function(exports,require,module){${lazyParts(whole.code)}}`;
    const { code } = await transform(part, { ...target, minify: true });
    const name = `./${basename(path)}`;
    // It may require parts that are here: it, too, is told how to load them.
    if (code.length > largePart) large.push([name, code]);
    else (soon.has(name) ? parts : rest).push([name, code.replace(/^module\.exports=|;\n$/g, '')]);
  }
  const scripts: Part[] = [['./main.cjs', scriptOf(joined(parts))], ['./rest.cjs', restOf(rest)], ...large];
  return { scripts, metafile: result.metafile };
}

/** Names of the parts that hold the files, and of those that these import, except when they are used. */
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

/** Puts the program's folder into its place at once. */
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
    // Another process was quicker.
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

/** Other processes see the old file or the new one, never half of it. */
function replaceFile(file: string, contents: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}

if (import.meta.main) {
  for (const program of process.argv.slice(2)) console.log(await bundleProgram(program));
}
