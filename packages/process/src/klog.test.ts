import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { jsonLogger } from './json-log.ts';
import { klogLogger } from './klog.ts';

test("writes klog's lines", () => {
  let text = '';
  const stream = { write: (line: string) => (text += line) };
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 18, 5, 9, 123));
  const log = klogLogger({ stream, clock, pid: 1234, source: 'kubelet' }).with({ pod: 'default/web' });
  log.debug('hidden');
  log.info('Starting container', { attempt: 2, args: ['a'], none: undefined });
  log.warn('Slow "disk"');
  log.error('Cannot start container', new Error('outer', { cause: new Error('inner') }), { id: 'a\nb' });
  klogLogger({ stream, clock, pid: 1, source: 'x', verbosity: { level: 4 } }).debug('shown');
  assert.equal(
    text,
    'I1123 18:05:09.123000    1234 kubelet] "Starting container" pod="default/web" attempt=2 args=["a"]\n' +
      'W1123 18:05:09.123000    1234 kubelet] "Slow \\"disk\\"" pod="default/web"\n' +
      'E1123 18:05:09.123000    1234 kubelet] "Cannot start container" pod="default/web" err="outer: inner" id=<\n\ta\n\tb\n >\n' +
      'I1123 18:05:09.123000       1 x] "shown"\n',
  );
});

test('writes one JSON object a line', () => {
  let text = '';
  const stream = { write: (line: string) => (text += line) };
  const log = jsonLogger({ stream, clock: new FakeClock(5), pid: 1, source: 'kubelet' }).with({ pod: 'default/web' });
  log.debug('hidden');
  log.info('Starting', { attempt: 2 });
  log.error('Cannot start', new Error('outer', { cause: new Error('inner') }));
  assert.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { ts: 5, caller: 'kubelet', msg: 'Starting', v: 0, pod: 'default/web', attempt: 2 },
      { ts: 5, caller: 'kubelet', msg: 'Cannot start', err: 'outer: inner', pod: 'default/web' },
    ],
  );
});
