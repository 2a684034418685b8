import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Host commands with which machines are created. */
const names = ['stat', 'ip', 'nsenter', 'setpriv', 'unshare', 'runc', 'docker-registry'];

/** Wrappers around the host's commands that count calls and make one of them fail. */
export interface FailingCommands {
  /** The environment for the caller: the call with this number (from 1) fails, or hangs. */
  environment(call: number, how: 'fails' | 'hangs'): Record<string, string>;
  /** The command line that failed; undefined when there were fewer calls. */
  wrong(): string | undefined;
}

export function failingCommands(folder: string): FailingCommands {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const [count, wrong] = [join(folder, 'count'), join(folder, 'wrong')];
  for (const name of names) {
    const real = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh
if [ "$(flock "${folder}/lock" sh -c 'echo x >>"$1"; wc -l <"$1"' sh "${count}")" = "$WRONG_CALL" ]; then
  echo "${name} $*" >"${wrong}"
  [ "$WRONG_HOW" = hangs ] && exec sleep 600
  echo "${name}: this one fails" >&2
  exit 1
fi
exec ${real} "$@"
`;
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  }
  return {
    environment(call, how) {
      for (const file of [count, wrong]) rmSync(file, { force: true });
      return {
        PATH: `${bin}:${process.env.PATH}`,
        WRONG_CALL: String(call),
        WRONG_HOW: how,
        TYPERNETES_COMMAND_TIMEOUT: '3',
      };
    },
    wrong: () => (existsSync(wrong) ? readFileSync(wrong, 'utf8').trim() : undefined),
  };
}
