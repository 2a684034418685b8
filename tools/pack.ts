/**
 * Makes the npm package `typernetes` (a control plane to import, see apps/typernetes/src/index.ts) in `.cache/package`:
 * bundled modules, their types, a package.json with their dependencies, and a README. As a program: also packs it and
 * prints the path of the archive.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { builtinsAsTheyAre } from './builtin-modules.ts';
import { bundledLicenses } from './bundled-licenses.ts';

const root = resolve(import.meta.dirname, '..');
const entry = 'apps/typernetes/src/index.ts';
const program = 'apps/typernetes/src/package-program.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;

/** Names such as `core/v1`, for every group version with a module of types and resources. */
function groupVersions(): string[] {
  return globSync('packages/api/src/*/*.gen.ts', { cwd: root })
    .map((file) => file.slice('packages/api/src/'.length, -'.gen.ts'.length))
    .sort();
}

/** Part of our modules instead of imports: with its 15 dependencies, in some 300 files, it took 70 ms to load. */
const bundled = ['@peculiar/x509', 'reflect-metadata'];

/** Creates the directory of the package from scratch. */
export async function makePackage(): Promise<string> {
  const folder = join(root, '.cache/package');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const used = await bundle(folder);
  declare(folder);
  writeManifest(folder, used);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(root, 'docs/guides/test-an-operator.md'), join(folder, 'README.md'));
  return folder;
}

/** Writes the modules; returns the npm packages that they import. */
async function bundle(folder: string): Promise<ReadonlySet<string>> {
  const { build } = await import('esbuild');
  const apis = groupVersions().map((name) => [`api/${name}`, `packages/api/src/${name}.gen.ts`]);
  const used = new Set<string>();
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: { index: entry, main: program, ...Object.fromEntries(apis) },
    outdir: join(folder, 'dist'),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
    mainFields: ['module', 'main'],
    banner: { js: refusal },
    plugins: [
      builtinsAsTheyAre,
      {
        name: 'packages-of-others-stay-imports',
        setup(context) {
          context.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
            if (kind === 'entry-point' || path.startsWith('@typernetes/') || isBuiltin(path)) return undefined;
            if (bundled.includes(path) || importer.includes('/node_modules/')) return undefined;
            used.add(path.split('/', path.startsWith('@') ? 2 : 1).join('/'));
            return { path, external: true };
          });
        },
      },
    ],
  });
  writeFileSync(join(folder, 'dist/LICENSES.txt'), bundledLicenses(root, Object.keys(metafile.inputs)));
  writeFileSync(join(folder, 'dist/program.js'), starter);
  return used;
}

/** The versions of Node that have SQLite without a flag. */
const neededNode = '^22.13 || >=23.4';
const lacksSqlite = `!process.getBuiltinModule?.('node:module').isBuiltin('node:sqlite')`;
const needed = `'typernetes needs Node ${neededNode}, this is ' + process.version`;

/** Begins every module: whichever an older Node comes to first says what is wrong. */
const refusal = `if (${lacksSqlite}) throw new Error(${needed});`;

/** The program's first module imports nothing, so that an older Node says one line and no more. */
const starter = `#!/usr/bin/env node
if (${lacksSqlite}) {
  console.error(${needed});
  process.exitCode = 1;
} else await import('./main.js');
`;

const specifierPattern = /(from\s+|import\(|import\s+)(['"])([^'"]+)\2/g;

/** Writes the types reachable from the entries, with imports between our packages made relative. */
function declare(folder: string): void {
  const emitted = join(root, '.cache/declarations');
  rmSync(emitted, { recursive: true, force: true });
  const config = {
    extends: '../tsconfig.json',
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: '..',
      outDir: 'declarations',
      stripInternal: true,
      paths: sourcePaths(),
    },
    include: [],
    files: [entry, ...groupVersions().map((name) => `packages/api/src/${name}.gen.ts`)].map((file) => `../${file}`),
  };
  writeFileSync(join(root, '.cache/tsconfig.pack.json'), JSON.stringify(config));
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, '.cache/tsconfig.pack.json')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const left = [entry, ...groupVersions().map((name) => `packages/api/src/${name}.gen.ts`)];
  const seen = new Set(left);
  for (let source = left.pop(); source !== undefined; source = left.pop()) {
    const importer = source;
    const declared = importer.replace(/\.ts$/, '.d.ts');
    const direct = pastIndexes(readFileSync(join(emitted, declared), 'utf8'), importer);
    const text = direct.replace(specifierPattern, (whole, before: string, quote: string, specifier: string) => {
      const target = sourceOf(specifier, importer);
      if (target === undefined) return whole;
      if (!seen.has(target)) {
        seen.add(target);
        left.push(target);
      }
      return `${before}${quote}${relativeModule(importer, target)}${quote}`;
    });
    const output = join(folder, 'types', declared);
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, text);
  }
}

function relativeModule(importer: string, target: string): string {
  const path = relative(dirname(importer), target).replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}

const namesPattern = /^(import|export) (type )?\{([^}]*)\} from (['"])([^'"]+)\4;/gm;

/**
 * Imports from the index of a package become imports of the declaring files: an index reaches everything in its
 * package, and so types of dependencies that users' compilers may lack.
 */
function pastIndexes(text: string, importer: string): string {
  return text.replace(
    namesPattern,
    (whole, verb: string, type = '', names: string, quote: string, specifier: string) => {
      const index = sourceOf(specifier, importer);
      if (!index?.endsWith('/index.ts')) return whole;
      const statements = listed(names).map((name) => {
        const [exported = '', local = exported] = name.replace(/^type /, '').split(' as ');
        const { file, original } = behind(index, exported);
        const renamed = original === local ? original : `${original} as ${local}`;
        const kind = type || (name.startsWith('type ') ? 'type ' : '');
        return `${verb} ${kind}{ ${renamed} } from ${quote}${relativeModule(importer, file)}${quote};`;
      });
      return statements.join('\n');
    },
  );
}

/** The file that declares an export of an index, and its name there. */
function behind(index: string, exported: string): { file: string; original: string } {
  const text = readFileSync(join(root, index), 'utf8');
  for (const [, , , names = '', , specifier = ''] of text.matchAll(namesPattern)) {
    const found = listed(names)
      .map((name) => name.replace(/^type /, ''))
      .find((name) => name.split(' as ').at(-1) === exported);
    if (found !== undefined) return { file: sourceOf(specifier, index) ?? '', original: found.split(' as ')[0] ?? '' };
  }
  const all = /^export type \* from '([^']+)';/m.exec(text)?.[1];
  if (all === undefined) throw new Error(`Cannot find the file behind "${exported}" of ${index}`);
  return { file: sourceOf(all, index) ?? '', original: exported };
}

const listed = (names: string): string[] =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

/**
 * Path mappings with which the compiler sees our packages as sources of this program: for installed packages it would
 * not emit types.
 */
function sourcePaths(): Record<string, string[]> {
  const paths: Record<string, string[]> = {};
  for (const file of globSync('packages/*/package.json', { cwd: root })) {
    const folder = dirname(file);
    const { name, exports = {} } = manifestOf(folder);
    for (const [key, path] of Object.entries(exports)) paths[join(name, key)] = [`../${join(folder, path)}`];
  }
  return paths;
}

/** The source file, relative to the root, of one of our import specifiers. */
function sourceOf(specifier: string, importer: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(importer), specifier).replace(/\.js$/, '.ts');
  const [, name, rest] = /^@typernetes\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  const exported = manifestOf(`packages/${name}`).exports ?? {};
  const key = rest ? `./${rest}` : '.';
  const path = exported[key] ?? exported['./*']?.replace('*', rest ?? '');
  if (path === undefined) throw new Error(`Cannot find what "${specifier}" exports, imported by ${importer}`);
  return join('packages', name, path);
}

function writeManifest(folder: string, used: ReadonlySet<string>): void {
  const versions: Record<string, string> = {};
  for (const file of globSync('{packages,apps}/*/package.json', { cwd: root })) {
    Object.assign(versions, manifestOf(dirname(file)).dependencies);
  }
  const dependencies = Object.fromEntries([...used].sort().map((name) => [name, versions[name] ?? missing(name)]));
  const { name, version } = manifestOf('apps/typernetes');
  const manifest = {
    name,
    version,
    description:
      'A Kubernetes control plane to import into a test: API server, controllers and scheduler in this process',
    keywords: ['kubernetes', 'operator', 'test', 'envtest', 'apiserver'],
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: neededNode },
    bin: { typernetes: './dist/program.js' },
    exports: {
      '.': { types: `./types/${entry.replace(/\.ts$/, '.d.ts')}`, default: './dist/index.js' },
      './api/*': { types: './types/packages/api/src/*.gen.d.ts', default: './dist/api/*.js' },
      './package.json': './package.json',
    },
    files: ['dist', 'types'],
    dependencies,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function missing(name: string): never {
  throw new Error(`Package "${name}" is imported, but no package.json of ours names its version`);
}

if (import.meta.main) {
  const folder = await makePackage();
  const [archive = ''] = execFileSync('npm', ['pack', '--silent', '--pack-destination', join(root, '.cache')], {
    cwd: folder,
    encoding: 'utf8',
  }).split('\n');
  console.log(join(root, '.cache', archive));
}
