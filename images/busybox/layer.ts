import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { type Layer, type LayerEntry, tarLayer } from '../tar-layer.ts';
import { wgetScript, withoutWget } from './wget.ts';

const program = '/bin/busybox';

/** An applet that Debian's busybox lacks: prints environment variables by name, and fails for one that is not set. */
const printenv = `#!/bin/sh
[ $# -eq 0 ] && exec env
code=0
for name in "$@"; do
  awk -v name="$name" 'BEGIN { if (!(name in ENVIRON)) exit 1; print ENVIRON[name] }' || code=1
done
exit $code
`;
const printenvEntry: LayerEntry = { path: 'bin/printenv', type: 'file', mode: 0o755, content: printenv };

/** Debian's unmodified program, which the wget script runs. */
const whole = 'usr/libexec/busybox';
const wget = wgetScript(`/${whole}`);

export const busyboxInputs = (): string[] => [`${statSync(program).size} ${statSync(program).mtimeMs}`, printenv, wget];

let built: Promise<Layer> | undefined;

/** Debian's static busybox, linked to the names of all its applets, with the files that a root filesystem needs. */
export function busyboxLayer(): Promise<Layer> {
  const applets = execFileSync(program, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const content = readFileSync(program);
  built ??= tarLayer(
    [
      { path: 'bin/busybox', type: 'file', mode: 0o755, content: withoutWget(content) },
      { path: 'bin/wget', type: 'file', mode: 0o755, content: wget },
      { path: whole, type: 'file', mode: 0o755, content },
      ...applets
        .filter((name) => name !== 'busybox' && name !== 'wget')
        .map((name): LayerEntry => ({ path: `bin/${name}`, type: 'hardlink', target: 'bin/busybox', mode: 0o755 })),
      ...(applets.includes('printenv') ? [] : [printenvEntry]),
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
