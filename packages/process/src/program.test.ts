import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { FlagError } from './flags.ts';
import { ExitError, type ProgramHost, runProgram } from './program.ts';

class FakeHost extends EventEmitter implements ProgramHost {
  readonly argv = ['node', 'main', '--x'];
  exitCode: number | undefined;
  text = '';
  readonly stderr = { write: (text: string) => (this.text += text) };
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

test('failures become text and an exit code', async () => {
  const cases: [unknown, number, string][] = [
    [new Error('no', { cause: new Error('why') }), 1, 'Error: no: why\n'],
    [new FlagError('unknown flag: --x'), 1, "Error: unknown flag: --x\nSee 'kubeadm --help' for usage.\n"],
    [new ExitError(3), 3, ''],
  ];
  for (const [error, code, text] of cases) {
    const host = new FakeHost();
    await runProgram(host, 'kubeadm', () => Promise.reject(error));
    assert.deepEqual([host.exitCode, host.text, host.eventNames()], [code, text, []]);
  }
});

test('a failure ends what goes on until the signal', async () => {
  let goingOn: AbortSignal | undefined;
  await runProgram(new FakeHost(), 'kube-scheduler', (_, signal) => {
    goingOn = signal;
    return Promise.reject(new Error('leaderelection lost'));
  });
  assert.equal(goingOn?.aborted, true);
});

test('the first signal asks the program to stop, the second ends it', async () => {
  const host = new FakeHost();
  let stopped = false;
  const running = runProgram(host, 'kubelet', async (args, signal) => {
    assert.deepEqual(args, ['--x']);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    stopped = true;
    host.emit('SIGINT');
  });
  host.emit('SIGTERM');
  await running;
  assert.equal(stopped, true);
  assert.deepEqual([host.exits, host.exitCode, host.eventNames()], [[1], undefined, []]);
});
