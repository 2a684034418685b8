import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, ContainerStatus } from '@typernetes/api/core/v1';
import { phaseOf } from './phase.ts';

const status = (name: string, state: ContainerState, lastState: ContainerState = {}): ContainerStatus => ({
  name,
  state,
  lastState,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
});
/** The normal case. */
const going = { terminal: false, restartingAll: false };
const running: ContainerState = { running: {} };
const waiting: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });

for (const [restartPolicy, states, terminal, phase] of [
  ['Always', [waiting, waiting], false, 'Pending'],
  ['Always', [running, waiting], false, 'Pending'],
  ['Always', [running, running], false, 'Running'],
  ['Always', [running, ended(1)], false, 'Running'],
  ['Always', [ended(0), ended(0)], false, 'Running'],
  ['Always', [ended(0), ended(0)], true, 'Succeeded'],
  ['Always', [ended(0), ended(137)], true, 'Failed'],
  ['OnFailure', [ended(0), ended(0)], false, 'Succeeded'],
  ['OnFailure', [ended(0), ended(1)], false, 'Running'],
  ['Never', [ended(0), ended(1)], false, 'Failed'],
  ['Never', [ended(0), running], false, 'Running'],
] as const) {
  const title = states.map((state) => Object.keys(state)[0]).join(' and ');
  test(`${restartPolicy}: ${title}${terminal ? ', for good' : ''} is ${phase}`, () => {
    const regular = states.map((state, i) => status(`c${i}`, state));
    const containers = regular.map(({ name }) => ({ name }));
    assert.equal(
      phaseOf({ containers, restartPolicy }, { init: [], regular }, { terminal, restartingAll: false }),
      phase,
    );
  });
}

test('a container that waits for its restart counts by its last state', () => {
  const regular = [status('c', { waiting: { reason: 'CrashLoopBackOff' } }, ended(1))];
  assert.equal(phaseOf({ containers: [{ name: 'c' }] }, { init: [], regular }, going), 'Running');
});

test('init containers keep the pod pending, fail it, or are retried', () => {
  const phase = (init: ContainerState, policy: 'Always' | 'Never', web = waiting): string =>
    phaseOf(
      { initContainers: [{ name: 'i' }], containers: [{ name: 'c' }], restartPolicy: policy },
      { init: [status('i', init)], regular: [status('c', web)] },
      going,
    );
  assert.equal(phase(running, 'Always'), 'Pending');
  assert.equal(phase(ended(1), 'Always'), 'Pending');
  assert.equal(phase(ended(1), 'Never'), 'Failed');
  assert.equal(phase(running, 'Always', ended(0)), 'Pending', 'in a new sandbox');
  assert.equal(phase(ended(0), 'Always', running), 'Running');
});

test('a sidecar does not keep a completed pod running, and does not fail it afterwards', () => {
  const spec = {
    initContainers: [{ name: 's', restartPolicy: 'Always' as const }],
    containers: [{ name: 'c' }],
    restartPolicy: 'Never' as const,
  };
  const regular = [status('c', ended(0))];
  const phase = (sidecar: ContainerStatus): string => phaseOf(spec, { init: [sidecar], regular }, going);
  assert.equal(phase({ ...status('s', running), started: true }), 'Running');
  assert.equal(phase(status('s', ended(137))), 'Succeeded');
});

test("a container's own restart policy decides whether its pod continues", () => {
  const phase = (restartPolicy: 'Always' | 'Never'): string =>
    phaseOf(
      { containers: [{ name: 'c', restartPolicy }], restartPolicy: 'Never' },
      { init: [], regular: [status('c', ended(1))] },
      going,
    );
  assert.equal(phase('Always'), 'Running');
  assert.equal(phase('Never'), 'Failed');
});

test('a pod that restarts all containers keeps running, whatever has ended for it; one that has not started is still pending', () => {
  const spec = { containers: [{ name: 'c' }], restartPolicy: 'Never' as const };
  const phase = (state: ContainerState, terminal = false): string =>
    phaseOf(spec, { init: [], regular: [status('c', state)] }, { terminal, restartingAll: true });
  assert.deepEqual([phase(ended(137)), phase(waiting), phase(ended(137), true)], ['Running', 'Pending', 'Failed']);
});
