import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFlags } from '@typernetes/process';
import { argumentsIn } from './config-dir.ts';
import { flags, networkSettings, problems } from './flags.ts';

const settingsOf = (...args: string[]) => networkSettings(parseFlags(flags, args).flags);

test("a mounted ConfigMap's keys are settings, and flags win", (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'network-'));
  t.after(() => rmSync(directory, { recursive: true }));
  // As the kubelet writes volumes: links to a directory that is replaced as a whole.
  mkdirSync(join(directory, '..2026_01_01'));
  symlinkSync('..2026_01_01', join(directory, '..data'));
  for (const [name, text] of Object.entries({ 'vxlan-mode': 'Always\n', mtu: '8950' })) {
    writeFileSync(join(directory, '..data', name), text);
    symlinkSync(join('..data', name), join(directory, name));
  }
  const given = argumentsIn(directory);
  assert.deepEqual(given, ['--mtu=8950', '--vxlan-mode=Always']);
  assert.deepEqual(settingsOf(...given, '--mtu=1400'), { mode: 'Always', vni: 1, port: 8472, mtu: 1400 });
  writeFileSync(join(directory, 'vxlan-mod'), 'Never');
  assert.throws(() => settingsOf(...argumentsIn(directory)), /unknown flag: --vxlan-mod/);
});

test('by default, only nodes elsewhere are reached through VXLAN', () => {
  assert.deepEqual(settingsOf(), { mode: 'CrossSubnet', vni: 1, port: 8472, mtu: 0 });
});

test('names what is wrong with a setting', () => {
  const wrong = ['--vxlan-mode=crosssubnet', '--vxlan-vni=16777216', '--vxlan-port=0', '--mtu=1279'];
  assert.deepEqual(problems(parseFlags(flags, wrong).flags), [
    '--vxlan-mode must be one of CrossSubnet, Always, Never, is "crosssubnet"',
    '--vxlan-vni must be between 1 and 16777215, is 16777216',
    '--vxlan-port must be between 1 and 65535, is 0',
    '--mtu must be 0 or between 1280 and 65535, is 1279',
  ]);
  assert.deepEqual(problems(parseFlags(flags, ['--vxlan-mode=Never', '--mtu=1280']).flags), []);
});
