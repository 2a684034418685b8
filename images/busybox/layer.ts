import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { type Layer, type LayerEntry, tarLayer } from '../tar-layer.ts';

const program = '/bin/busybox';

export const busyboxInputs = (): string[] => [`${statSync(program).size} ${statSync(program).mtimeMs}`];

let built: Promise<Layer> | undefined;

/** Debian's static busybox under the names of all its applets, with the files that a root filesystem needs. */
export function busyboxLayer(): Promise<Layer> {
  const applets = execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  built ??= tarLayer(
    [
      { path: 'bin/busybox', type: 'file', mode: 0o755, content: readFileSync(program) },
      ...applets
        .filter((name) => name !== 'busybox')
        .map((name): LayerEntry => ({ path: `bin/${name}`, type: 'hardlink', target: 'bin/busybox', mode: 0o755 })),
      {
        path: 'etc/passwd',
        type: 'file',
        content:
          'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n',
      },
      { path: 'etc/group', type: 'file', content: 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n' },
      { path: 'home', type: 'directory' },
      { path: 'root', type: 'directory', mode: 0o700 },
      { path: 'tmp', type: 'directory', mode: 0o1777 },
      { path: 'usr/bin/env', type: 'symlink', target: '../../bin/env' },
      { path: 'var/spool/mail', type: 'directory' },
      { path: 'var/www', type: 'directory' },
    ],
    { gzip: true },
  );
  return built;
}
