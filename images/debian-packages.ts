import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { matchingFiles } from './host-files.ts';
import type { LayerEntry } from './tar-layer.ts';

const downloads = resolve(import.meta.dirname, '../.cache/debs');

/** With /usr merged, as Debian lays itself out, these are links. */
const mergedDirectories = ['bin', 'sbin', 'lib', 'lib64'];

/** What the files depend on, as far as it can be known quickly: updates within a Debian release come in when the cache is deleted. */
export function debianInputs(packages: readonly string[]): string[] {
  return [readFileSync('/etc/debian_version', 'utf8'), ...packages];
}

/**
 * The files of the packages and their dependencies, as an image's root. Maintainer scripts do not run: users, links and caches
 * that they would make are up to the caller. Documentation is left out.
 */
export function debianFiles(packages: readonly string[]): LayerEntry[] {
  mkdirSync(join(downloads, 'partial'), { recursive: true });
  const root = mkdtempSync(join(tmpdir(), 'debian-'));
  try {
    const archives = withEmptySystem((options) => {
      const plan = execFileSync('apt-get', [...options, '--print-uris', '-y', 'install', ...packages], {
        encoding: 'utf8',
      });
      const files = [...plan.matchAll(/^'\S+' (\S+\.deb) /gm)].map(([, file]) => file as string);
      if (!files.every((file) => existsSync(join(downloads, file)))) {
        const download = ['-o', `Dir::Cache::archives=${downloads}`, '--download-only', '-y', 'install', ...packages];
        execFileSync('apt-get', [...options, ...download], { stdio: ['ignore', 'ignore', 'pipe'] });
      }
      return files;
    });
    for (const directory of mergedDirectories) {
      mkdirSync(join(root, 'usr', directory), { recursive: true });
      execFileSync('ln', ['-s', `usr/${directory}`, join(root, directory)]);
    }
    for (const archive of archives.sort()) unpack(join(downloads, archive), root);
    return matchingFiles(`${root}/**/*`)
      .map((entry) => ({ ...entry, path: `/${entry.path}`.slice(root.length + 1) }))
      .filter(({ path }) => !/^usr\/share\/(doc|man|info|locale|lintian|bug)(\/|$)/.test(path));
  } finally {
    rmSync(root, { recursive: true });
  }
}

function unpack(archive: string, root: string): void {
  const tar = execFileSync('dpkg-deb', ['--fsys-tarfile', archive], { maxBuffer: 1 << 30 });
  execFileSync('tar', ['-x', '-C', root, '--keep-directory-symlink', '--no-same-owner'], { input: tar });
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
