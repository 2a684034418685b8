import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, driverOf, injectsCdi } from './containerd-config.ts';

test('containerd supports CDI from 1.7 on if enabled, and from 2.0 on unless disabled', () => {
  const of = (runtimeVersion: string, config: string | undefined, runtimeName = 'containerd') =>
    injectsCdi({ runtimeName, runtimeVersion }, configOf(config));
  assert.equal(of('1.6.20~ds1', '{"containerd":{}}'), false);
  assert.equal(of('1.7.24', '{"enableCDI":false}'), false);
  assert.equal(of('v1.7.24', '{"enableCDI":true}'), true);
  assert.equal(of('2.1.0', undefined), true);
  assert.equal(of('2.1.0', '{"enableCDI":false}'), false);
  assert.equal(of('1.30.0', undefined, 'cri-o'), true);
});

test('reads the cgroup driver from the settings of the default runtime of containerd', () => {
  const config = (options: string) => `{"containerd":{"defaultRuntimeName":"r","runtimes":{"r":${options}}}}`;
  assert.equal(driverOf(config('{"options":{"SystemdCgroup":true}}')), 'systemd');
  assert.equal(driverOf(config('{"options":null}')), 'cgroupfs');
  assert.equal(driverOf(undefined), undefined);
});
