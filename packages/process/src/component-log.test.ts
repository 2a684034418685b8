import assert from 'node:assert/strict';
import { test } from 'node:test';
import { componentLogger, logFlags, logSettings } from './component-log.ts';
import { parseFlags } from './flags.ts';

function lines(args: readonly string[], act: (log: ReturnType<typeof componentLogger>) => void): string[] {
  const written: string[] = [];
  const stream = { write: (line: string) => written.push(line) };
  const settings = logSettings(parseFlags(logFlags, args).flags);
  act(componentLogger(settings, { stream, clock: { now: () => 1_000 }, pid: 7, source: 'kube-scheduler' }));
  return written;
}

test('a component logs as text or JSON, as its flags say', () => {
  assert.match(lines([], (log) => log.info('Hello', { a: 1 }))[0] ?? '', /^I0101 .* kube-scheduler\] "Hello" a=1\n$/);
  const [line = ''] = lines(['--logging-format=json', '-v=2'], (log) =>
    log.error('Cannot', new Error('why'), { a: 1 }),
  );
  assert.deepEqual(JSON.parse(line), { ts: 1000, caller: 'kube-scheduler', msg: 'Cannot', err: 'why', a: 1 });
});

test('a component or one of its controllers may have a higher verbosity than the rest', () => {
  const both = (log: ReturnType<typeof componentLogger>): void => {
    log.debug('own');
    log.with({ controller: 'node-lifecycle' }).debug('controller');
  };
  assert.equal(lines(['--vmodule=node*=4'], both).length, 1);
  assert.equal(lines(['--vmodule=kube-scheduler=5'], both).length, 2);
  assert.equal(lines(['--vmodule=other=9', '-v=4'], both).length, 2);
  assert.equal(lines(['--vmodule=node-lifecycle=1', '-v=4'], both).length, 1);
});

test('flags that mean nothing are refused', () => {
  assert.throws(() => lines(['--logging-format=xml'], () => {}), {
    message: 'format: Invalid value: "xml": Unsupported log format',
  });
  assert.throws(() => lines(['--logging-format=json', '--vmodule=a=4'], () => {}), {
    message: 'vmodule: Forbidden: Only supported for text log format',
  });
  assert.throws(() => lines(['--vmodule=a'], () => {}), {
    message: 'invalid argument "a" for "--vmodule" flag: "a" does not have the pattern=N format',
  });
});
