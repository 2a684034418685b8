import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileEntry, programsWithLibraries } from '../host-files.ts';
import { type Layer, type LayerEntry, tarLayer } from '../tar-layer.ts';

const node = realpathSync(resolve(import.meta.dirname, '../../node_modules/.bin/node'));
const busybox = '/bin/busybox';

/** The directory of programs and their Node, in images as on machines. */
export const programDirectory = 'usr/local/lib/typernetes';

/** Inputs of the base layer, for images that build on it. */
export function baseInputs(): string[] {
  return [node, busybox].map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`);
}

let built: Promise<Layer> | undefined;

/**
 * Node with its shared libraries, and busybox as a shell for debugging. Built once per process, shared by all programs.
 */
export function nodeBaseLayer(): Promise<Layer> {
  built ??= tarLayer(
    [
      ...programsWithLibraries([node]).map(
        (entry): LayerEntry => (`/${entry.path}` === node ? { ...entry, path: `${programDirectory}/node` } : entry),
      ),
      fileEntry(busybox, busybox),
      { path: 'bin/sh', type: 'symlink', target: 'busybox' },
      {
        path: 'etc/passwd',
        type: 'file',
        content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
      },
      { path: 'etc/group', type: 'file', content: 'root:x:0:\nnogroup:x:65534:\n' },
      { path: 'etc/nsswitch.conf', type: 'file', content: 'hosts: files dns\n' },
      { path: 'tmp', type: 'directory', mode: 0o1777 },
      { path: 'run', type: 'directory' },
      { path: 'root', type: 'directory', mode: 0o700 },
    ],
    { gzip: false },
  );
  return built;
}
