import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { programFlags } from './component-flags.ts';
import { logFlags } from './component-log.ts';
import { type Component, startComponent } from './component-start.ts';

const specs = {
  ...programFlags,
  ...logFlags,
  old: { type: 'boolean', default: false, help: 'Old.', deprecated: 'do without it' },
  ports: { type: 'number', default: 1, help: 'Ports.' },
} as const;
const component: Component<typeof specs> = {
  name: 'kube-thing',
  source: 'thing',
  specs,
  accepted: { quiet: ['boolean', 'it is quiet'] },
  version: 'v1.36.2',
  clock: new FakeClock(),
  problems: ({ ports }) => (ports < 0 ? ['too few ports', 'none at all'].slice(ports) : []),
};

function start(...args: string[]) {
  const said = { out: '', err: '' };
  const host = {
    pid: 7,
    stdout: { write: (text: string) => (said.out += text) },
    stderr: { write: (text: string) => (said.err += text) },
  };
  return { started: startComponent(host, component, args), said };
}

test('a component starts with its flags and a log that begins with the warnings about them', () => {
  const { started, said } = start('--old', '--quiet', '--v=3');
  assert.deepEqual([started?.flags.ports, started?.flags.old, started?.verbosity.level], [1, true, 3]);
  started?.log.info('Here');
  assert.match(
    said.err,
    /^W.* 7 thing\] "?Flag --old has been deprecated, do without it"?\nW.* 7 thing\] "?Flag --quiet has no effect: it is quiet"?\nI.* 7 thing\] "?Here"?\n$/,
  );
  assert.equal(said.out, '');
});

test('help and version are printed, and nothing starts', () => {
  const { started, said } = start('--version');
  assert.equal(started, undefined);
  assert.deepEqual(said, { out: 'Kubernetes v1.36.2\n', err: '' });
  assert.match(start('--help').said.out, /^Usage:\n {2}kube-thing \[flags\]/);
});

test('all problems are reported at once, before anything is logged', () => {
  assert.throws(() => start('--ports=-1', '--old'), { message: 'none at all' });
  assert.throws(() => start('--ports=-2'), { message: '[too few ports, none at all]' });
});
