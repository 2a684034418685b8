import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { systemCommands } from './system-commands.ts';

test('a command that hangs is killed, and named', async () => {
  const commands = systemCommands({ PATH: process.env.PATH });
  // What it has started holds the pipes, and ends when it has been killed.
  const line = ['-c', 'while kill -0 $$; do sleep 0.1; done & wait'];
  await assert.rejects(
    commands.run('sh', line, { limitMs: 100 }),
    /"sh -c while kill -0 \$\$; do .* & wait" did not end within 100ms and was killed/,
  );
  const { code, stdout } = await commands.run('sh', ['-c', 'echo said; exit 3'], { limitMs: 60_000 });
  assert.deepEqual({ code, stdout }, { code: 3, stdout: 'said\n' });
});

/** Returns once the process has ended; nobody has asked for its exit code then. */
function untilEnded(pid: number): void {
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

test('what a program writes right before its end is read, also where the end of another one is found at that time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'));
  const [pid, go] = [join(folder, 'pid'), join(folder, 'go')];
  try {
    const commands = systemCommands({ PATH: process.env.PATH });
    const line = `echo $$ >${pid}.new; mv ${pid}.new ${pid}; until [ -e ${go} ]; do sleep 0.01; done; printf "%0100000d" 7`;
    const running = commands.run('sh', ['-c', line]);
    while (!existsSync(pid)) await setImmediate();
    const other = spawn('echo', ['x']);
    untilEnded(other.pid ?? 0);
    // The event loop has seen two things to do: this output and the end of a child. It then looks which children have ended.
    other.stdout.once('data', () => {
      writeFileSync(go, '');
      untilEnded(Number(readFileSync(pid, 'utf8')));
    });
    const { code, stdout } = await running;
    assert.deepEqual([code, stdout.length, stdout.at(-1)], [0, 100_000, '7']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a program that leaves another one behind, which keeps its pipes, is read to its own end and not waited for', async () => {
  const commands = systemCommands({ PATH: process.env.PATH });
  const { code, stdout } = await commands.run('sh', ['-c', 'sleep 600 & printf "%0100000d" $!; exit 4']);
  const left = Number(stdout);
  try {
    assert.deepEqual([code, stdout.length], [4, 100_000]);
    assert.ok(process.kill(left, 0), 'it still runs');
  } finally {
    process.kill(left, 'SIGKILL');
  }
});

test('one that goes on writing does not hold it up', async () => {
  const commands = systemCommands({ PATH: process.env.PATH });
  const { code, stdout } = await commands.run('sh', ['-c', 'yes & echo $!; exit 5']);
  const left = Number(stdout.split('\n').find((each) => /^\d+$/.test(each)));
  try {
    assert.deepEqual([code, left > 0], [5, true]);
  } finally {
    process.kill(left, 'SIGKILL');
  }
});
