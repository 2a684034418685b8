/**
 * Bundles each program of apps/ into a folder, `.cache/bundles/<program>/`: one file starts faster than hundreds. `main.cjs` is the program,
 * `start.cjs` starts it from compiled code; beside them are the large parts that a program in parts loads when they are used. That is all that
 * an image or a machine needs beside Node itself. A bundle is made anew only when one of the files that went into it has changed.
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
import { isBuiltin } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { programEntry } from '@typernetes/machine';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';
import { buildSuffix } from './build-version.ts';
import { lazyParts } from './lazy-parts.ts';
import { straightImports } from './straight-imports.ts';

const root = resolve(import.meta.dirname, '..');
const cache = join(root, `.cache/bundles${buildSuffix}`);

/** Bump when the way of bundling changes: it makes all bundles stale. */
const recipe = '7';

/** What people type most is cut into parts, because loading is most of what a short command takes. */
const inParts: readonly string[] = ['kubectl'];

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

/** Constants that differ in builds under another version. */
const define: Record<string, string> =
  buildSuffix === '' ? {} : { TYPERNETES_BUILD_VERSION: JSON.stringify(buildSuffix.slice(1)) };

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
  const metafile = await (inParts.includes(program) ? bundleInParts(program) : bundleWhole(program));
  const files = Object.fromEntries(
    Object.keys(metafile.inputs)
      .filter((file) => !file.startsWith('builtin:'))
      .map((file) => [file, stampOf(join(root, file))]),
  );
  replaceFile(inputsFile, JSON.stringify({ recipe, files } satisfies Inputs));
  return output;
}

/** What has to lie in the folder of programs for this one: paths below that folder and contents. */
export async function programFiles(program: string): Promise<readonly { path: string; content: Buffer }[]> {
  await bundleProgram(program);
  return readdirSync(join(cache, program)).map((file) => ({
    path: join(program, file),
    content: readFileSync(join(cache, program, file)),
  }));
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
    define,
    logLevel: 'warning',
    metafile: true,
    write: false,
  }) as const satisfies BuildOptions;

/** Programs that run for long are one script: calls between their files cost nothing. Names stay, for those who read profiles. */
async function bundleWhole(program: string): Promise<Metafile> {
  const { build } = await import('esbuild');
  const result = await build({
    ...options(program),
    format: 'cjs',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [builtinsAsTheyAre],
  });
  const [bundle] = result.outputFiles;
  if (!bundle) throw new Error(`Cannot bundle program "${program}": no output`);
  writeBundle(program, scriptOf(bundle.text));
  return result.metafile;
}

/**
 * Node keeps the source of a program in memory, and takes two bytes for each character of one that is not ASCII throughout. What esbuild leaves
 * as it is are regular expressions and comments, where an escape means the same.
 */
const inAscii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Parts above this size, in bytes, stay files of their own: data that few commands need. */
const largePart = 100_000;

/** The program as a module, or as a script whose value is the function that runs it. */
const scriptOf = (code: string): string => `var program=(exports,require,module)=>{${code}
};
typeof module==="undefined"?program:program(exports,require,module);
`;

/** What a part requires is another part, here or in a file beside, or a module of Node. */
const joined = (parts: readonly string[]): string => `
const parts={${parts.join(',\n')}};
const loaded={};
const load=(name)=>{
  if(loaded[name])return loaded[name].exports;
  if(!name.startsWith("./"))return require(name);
  const part=Object.hasOwn(parts,name)?parts[name]:require(name);
  const module=loaded[name]={exports:{}};
  part(module.exports,load,module);
  return module.exports;
};
load("./main.cjs");`;

/**
 * Starts `main.cjs` from its compiled code, `../compile-cache/PROGRAM-HASH.code`. Node's own cache of compiled code has only what V8 compiles before a
 * program runs; this one has every function that the run which wrote it has used. Written when TYPERNETES_COMPILE_AHEAD says so, so that it is
 * made by a run worth it. V8 takes no code of another version of its own, and the hash keeps that of another bundle away. The bundle is ASCII.
 */
const starterOf = (program: string, hash: string): string => `"use strict";
const fs=require("node:fs"),{Script}=require("node:vm");
const file=__dirname+"/main.cjs",code=__dirname+"/../compile-cache/${program}-${hash}.code";
let cachedData;
try{cachedData=fs.readFileSync(code)}catch{}
const script=new Script(fs.readFileSync(file,"latin1"),{filename:file,cachedData});
script.runInThisContext()(exports,require,module);
if(process.env.TYPERNETES_COMPILE_AHEAD)process.on("exit",()=>{
  const making=code+"."+process.pid;
  fs.mkdirSync(__dirname+"/../compile-cache",{recursive:true});
  fs.writeFileSync(making,script.createCachedData());
  fs.renameSync(making,code);
});
`;

/**
 * The program is cut into parts as modules, so that each has what it needs and no more; turned into CommonJS, for which Node needs no second
 * loader; told to load each other when they are used; and put into one file again as functions, because each file costs more to find than the functions of it cost to run.
 */
async function bundleInParts(program: string): Promise<Metafile> {
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
  const large: [name: string, code: string][] = [];
  const parts: string[] = [];
  for (const { path, text } of result.outputFiles) {
    const target = { platform: 'node', target: 'node26', supported: { 'dynamic-import': false } } as const;
    const whole = await transform(text, { ...target, format: 'cjs' });
    const part = `module.exports=function(exports,require,module){${lazyParts(whole.code)}}`;
    const { code } = await transform(part, { ...target, minify: true });
    const name = `./${basename(path)}`;
    // It may require parts that are here: it, too, is told how to load them.
    if (code.length > largePart) large.push([name, code]);
    else parts.push(`${JSON.stringify(name)}:${code.replace(/^module\.exports=|;\n$/g, '')}`);
  }
  writeBundle(program, scriptOf(joined(parts)), large);
  return result.metafile;
}

/** Puts the program's folder into its place at once. */
function writeBundle(
  program: string,
  code: string,
  others: readonly (readonly [name: string, code: string])[] = [],
): void {
  const folder = join(cache, program);
  const making = `${folder}.${process.pid}`;
  const main = inAscii(code);
  mkdirSync(making, { recursive: true });
  for (const [name, part] of others) writeFileSync(join(making, name), part);
  writeFileSync(join(making, 'main.cjs'), main);
  const hash = createHash('sha256').update(main).digest('hex').slice(0, 16);
  writeFileSync(join(making, 'start.cjs'), starterOf(program, hash));
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
