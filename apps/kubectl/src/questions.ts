import { readSync } from 'node:fs';

/** As shells have it for a process that ended by SIGINT. */
const interrupted = 130;

/** A shell reads for us from a terminal: it ends, and we with it, when the user interrupts it. What it says on descriptor 3 is seen. */
function lineByShell(script: string, ...args: string[]): string | undefined {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { stdout, status, signal } = spawnSync('sh', ['-c', script, 'sh', ...args], {
    stdio: ['inherit', 'pipe', 'inherit', 1],
  });
  if (signal === 'SIGINT' || status === interrupted) process.exit(interrupted);
  return status === 0 ? stdout.toString('utf8').replace(/\n$/, '') : undefined;
}

/** The next word of standard input, and nothing of what follows it; undefined at its end. */
export function readWord(isTerminal: boolean): string | undefined {
  if (isTerminal)
    return lineByShell('while read -r word rest; do [ -n "$word" ] && printf "%s" "$word" && exit; done; exit 1');
  const byte = Buffer.alloc(1);
  const bytes: number[] = [];
  while (readSync(0, byte, 0, 1, null) === 1) {
    const [code = 0] = byte;
    const isBlank = code === 0x20 || (code >= 0x09 && code <= 0x0d);
    if (!isBlank) bytes.push(code);
    else if (bytes.length > 0) break;
  }
  return bytes.length > 0 ? Buffer.from(bytes).toString('utf8') : undefined;
}

/** A line from the terminal that is not shown while it is typed, asked for once nothing is shown; undefined at the end of input. */
export const readHiddenLine = (prompt: string): string | undefined =>
  lineByShell(
    'trap "stty echo; exit 130" INT TERM; stty -echo; printf %s "$1" >&3; IFS= read -r line; got=$?; stty echo; printf %s "$line"; exit $got',
    prompt,
  );
