import { execFileSync } from 'node:child_process';
import { globSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import type { LayerEntry } from './tar-layer.ts';

/**
 * Entries for programs of this machine and all their shared libraries, at the same paths as here. For `/usr/sbin/ip`:
 * `usr/sbin/ip`, and its libraries under the names that the loader looks for.
 */
export function programsWithLibraries(paths: readonly string[]): LayerEntry[] {
  const wanted = new Set<string>();
  for (const path of paths) {
    wanted.add(path);
    for (const library of librariesOf(path)) wanted.add(library);
  }
  return [...wanted].map((path) => fileEntry(path, path));
}

/** The file at `from` as the entry `to`; resolves symbolic links and keeps the executable bit. */
export function fileEntry(from: string, to: string): LayerEntry {
  const mode = lstatSync(realpathSync(from)).mode & 0o777;
  return { path: to.replace(/^\//, ''), type: 'file', content: readFileSync(from), mode };
}

/** The files, links and directories that match a glob, unchanged. */
export function matchingFiles(pattern: string): LayerEntry[] {
  return globSync(pattern).map((path): LayerEntry => {
    const stat = lstatSync(path);
    const name = path.replace(/^\//, '');
    if (stat.isSymbolicLink()) return { path: name, type: 'symlink', target: readlinkSync(path) };
    if (stat.isDirectory()) return { path: name, type: 'directory' };
    return { path: name, type: 'file', content: readFileSync(path), mode: stat.mode & 0o777 };
  });
}

/** Absolute paths of the libraries that `ldd` lists for the program, including the loader. */
function librariesOf(path: string): string[] {
  const output = execFileSync('ldd', [path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const missing = /^\s*(\S+) => not found/m.exec(output);
  if (missing) throw new Error(`Cannot find library "${missing[1]}" that "${path}" needs`);
  return [...output.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, library]) => library as string);
}
