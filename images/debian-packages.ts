import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar-stream';
import type { LayerEntry } from './tar-layer.ts';

const execute = promisify(execFile);
const downloads = resolve(import.meta.dirname, '../.cache/debs');

/** Directories that are links into /usr on a merged-/usr system such as Debian. */
const mergedDirectories = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Inputs that can be determined quickly: to pick up updates within a Debian release, delete the cache. */
export function debianInputs(packages: readonly string[]): string[] {
  return [readFileSync('/etc/debian_version', 'utf8'), ...packages];
}

/** Packages needed only for maintainer scripts, or with nothing but documentation: otherwise half of an image. */
const forMaintenance = /^(perl|libperl|debconf|dpkg|usrmerge|init-system-helpers|debianutils|gcc-)|-perl_/;
const forReading = /^usr\/share\/(doc|man|info|locale|lintian|bug|bash-completion|vim)(\/|$)/;
const forOtherCharacterSets = /\/gconv\//;

/**
 * The files of the packages and all their dependencies, as an image's root. apt resolves against an empty system, so
 * that the result does not depend on what is installed here. Maintainer scripts do not run: the caller must create
 * users, links and caches that they would make. Packages that only such scripts use are left out, and so is
 * documentation.
 */
export async function debianFiles(packages: readonly string[]): Promise<LayerEntry[]> {
  const merged = mergedDirectories.map((name): LayerEntry => ({ path: name, type: 'symlink', target: `usr/${name}` }));
  const entries = [...merged];
  const archives = downloadClosure(packages).filter((archive) => !forMaintenance.test(basename(archive)));
  for (const files of await Promise.all(archives.map(unpacked))) entries.push(...files);
  return entries.filter(({ path }) => !forReading.test(path) && !forOtherCharacterSets.test(path));
}

/** Downloads the packages with their dependencies; returns the paths, sorted by name. */
function downloadClosure(packages: readonly string[]): string[] {
  mkdirSync(join(downloads, 'partial'), { recursive: true });
  return withEmptySystem((options) => {
    const plan = execFileSync('apt-get', [...options, '--print-uris', '-y', 'install', ...packages], {
      encoding: 'utf8',
    });
    const files = [...plan.matchAll(/^'\S+' (\S+\.deb) /gm)].map(([, file]) => join(downloads, file as string));
    if (!files.every((file) => existsSync(file))) {
      const download = ['-o', `Dir::Cache::archives=${downloads}`, '--download-only', '-y', 'install', ...packages];
      execFileSync('apt-get', [...options, ...download], { stdio: ['ignore', 'ignore', 'pipe'] });
    }
    return files.sort();
  });
}

const done = new Map<string, Promise<LayerEntry[]>>();
let last: readonly Promise<unknown>[] = Array.from({ length: availableParallelism() }, () => Promise.resolve());

/** The files of a package, unpacked once per process, with as many in parallel as there are processors. */
function unpacked(archive: string): Promise<LayerEntry[]> {
  let files = done.get(archive);
  if (!files) {
    const [before, ...others] = last;
    files = (before as Promise<unknown>).then(() => filesOf(archive));
    last = [...others, files];
    done.set(archive, files);
  }
  return files;
}

async function filesOf(archive: string): Promise<LayerEntry[]> {
  const unpacking = extract();
  const { stdout } = await execute('dpkg-deb', ['--fsys-tarfile', archive], { maxBuffer: 1 << 30, encoding: 'buffer' });
  unpacking.end(stdout);
  const entries: LayerEntry[] = [];
  for await (const part of unpacking) {
    const { name, type, mode = 0o644, linkname = '' } = part.header;
    const chunks: Buffer[] = [];
    for await (const chunk of part) chunks.push(chunk as Buffer);
    const path = mergedPath(name);
    if (path === '') continue;
    if (type === 'directory') entries.push({ path, type, mode });
    else if (type === 'symlink') entries.push({ path, type, target: linkname });
    else if (type === 'link') entries.push({ path, type: 'hardlink', target: mergedPath(linkname), mode });
    else entries.push({ path, type: 'file', content: Buffer.concat(chunks), mode });
  }
  return entries;
}

/** The merged-/usr path of the package's `./bin/x`. The directories that became links have no entry of their own. */
function mergedPath(name: string): string {
  const path = name.replace(/^\.\//, '').replace(/\/$/, '');
  const [top = '', ...rest] = path.split('/');
  if (!mergedDirectories.includes(top)) return path;
  return rest.length === 0 ? '' : `usr/${path}`;
}

function withEmptySystem<T>(use: (options: string[]) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'apt-'));
  try {
    const status = join(folder, 'status');
    writeFileSync(status, '');
    mkdirSync(join(folder, 'partial'));
    return use([
      '-q',
      '-o',
      `Dir::State::status=${status}`,
      '-o',
      `Dir::Cache::archives=${folder}/`,
      '-o',
      'APT::Install-Recommends=false',
      '-o',
      'Debug::NoLocking=true',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
