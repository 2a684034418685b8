import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '@typernetes/api/core/v1';
import { podPrinter } from './pod-printer.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const state = (name: string, current: ContainerState, rest: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name,
  state: current,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  ...rest,
});
const running = (name: string, rest: Partial<ContainerStatus> = {}): ContainerStatus =>
  state(name, { running: {} }, { ready: true, started: true, ...rest });
const ended = (name: string, reason: string, exitCode = 0): ContainerStatus =>
  state(name, { terminated: { exitCode, reason } });
const waiting = (name: string, reason: string, rest: Partial<ContainerStatus> = {}): ContainerStatus =>
  state(name, { waiting: { reason } }, rest);

interface Case {
  readonly name: string;
  readonly containers?: string[];
  readonly init?: Container[];
  readonly status?: PodStatus;
  readonly deleted?: boolean;
  /** Ready, status, restarts. */
  readonly want: readonly [string, string, string];
}

const cases: readonly Case[] = [
  { name: 'not scheduled yet', status: { phase: 'Pending' }, want: ['0/1', 'Pending', '0'] },
  {
    name: 'running',
    status: { phase: 'Running', containerStatuses: [running('c')] },
    want: ['1/1', 'Running', '0'],
  },
  {
    name: 'pulling',
    status: { phase: 'Pending', containerStatuses: [waiting('c', 'ContainerCreating')] },
    want: ['0/1', 'ContainerCreating', '0'],
  },
  {
    name: 'crash loop, with the time of the last end',
    status: {
      phase: 'Running',
      containerStatuses: [
        waiting('c', 'CrashLoopBackOff', {
          restartCount: 3,
          lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:59:18Z' } },
        }),
      ],
    },
    want: ['0/1', 'CrashLoopBackOff', '3 (42s ago)'],
  },
  {
    name: 'completed',
    status: { phase: 'Succeeded', containerStatuses: [ended('c', 'Completed')] },
    want: ['0/1', 'Completed', '0'],
  },
  {
    name: 'the first container with news wins',
    containers: ['a', 'b'],
    status: { phase: 'Running', containerStatuses: [running('a'), waiting('b', 'ErrImagePull')] },
    want: ['1/2', 'ErrImagePull', '0'],
  },
  {
    name: 'one completed, one still ready',
    containers: ['a', 'b'],
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [ended('a', 'Completed'), running('b')],
    },
    want: ['1/2', 'Running', '0'],
  },
  {
    name: 'one completed, pod not ready',
    containers: ['a', 'b'],
    status: { phase: 'Running', containerStatuses: [ended('a', 'Completed'), running('b')] },
    want: ['1/2', 'NotReady', '0'],
  },
  {
    name: 'an exit code without a reason',
    status: { phase: 'Failed', containerStatuses: [state('c', { terminated: { exitCode: 7 } })] },
    want: ['0/1', 'ExitCode:7', '0'],
  },
  {
    name: 'a signal without a reason',
    status: { phase: 'Failed', containerStatuses: [state('c', { terminated: { exitCode: 137, signal: 9 } })] },
    want: ['0/1', 'Signal:9', '0'],
  },
  {
    name: 'evicted: the reason of the pod',
    status: { phase: 'Failed', reason: 'Evicted' },
    want: ['0/1', 'Evicted', '0'],
  },
  {
    name: 'held by a gate',
    status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    want: ['0/1', 'SchedulingGated', '0'],
  },
  {
    name: 'first init container runs',
    init: [{ name: 'i' }],
    status: {
      phase: 'Pending',
      initContainerStatuses: [state('i', { running: {} })],
      containerStatuses: [waiting('c', 'PodInitializing')],
    },
    want: ['0/1', 'Init:0/1', '0'],
  },
  {
    name: 'second init container waits for the first',
    init: [{ name: 'i' }, { name: 'j' }],
    status: {
      phase: 'Pending',
      initContainerStatuses: [ended('i', 'Completed'), waiting('j', 'PodInitializing')],
    },
    want: ['0/1', 'Init:1/2', '0'],
  },
  {
    name: 'init container fails again and again',
    init: [{ name: 'i' }],
    status: { phase: 'Pending', initContainerStatuses: [waiting('i', 'CrashLoopBackOff', { restartCount: 2 })] },
    want: ['0/1', 'Init:CrashLoopBackOff', '2'],
  },
  {
    name: 'init container failed',
    init: [{ name: 'i' }],
    status: { phase: 'Failed', initContainerStatuses: [ended('i', 'Error', 1)] },
    want: ['0/1', 'Init:Error', '0'],
  },
  {
    name: 'a sidecar counts',
    init: [{ name: 's', restartPolicy: 'Always' }],
    status: {
      phase: 'Running',
      initContainerStatuses: [running('s', { restartCount: 1 })],
      containerStatuses: [running('c')],
    },
    want: ['2/2', 'Running', '1'],
  },
  {
    name: 'being deleted',
    deleted: true,
    status: { phase: 'Running', containerStatuses: [running('c')] },
    want: ['1/1', 'Terminating', '0'],
  },
  {
    name: 'being deleted on a lost node',
    deleted: true,
    status: { phase: 'Running', reason: 'NodeLost' },
    want: ['0/1', 'Unknown', '0'],
  },
  {
    name: 'being deleted when it is over',
    deleted: true,
    status: { phase: 'Succeeded', containerStatuses: [ended('c', 'Completed')] },
    want: ['0/1', 'Completed', '0'],
  },
];

describe('podPrinter', () => {
  for (const { name, containers = ['c'], init, status, deleted, want } of cases) {
    it(name, () => {
      const pod = {
        metadata: {
          name: 'p',
          creationTimestamp: '2026-01-01T00:00:00Z',
          ...(deleted ? { deletionTimestamp: '2026-01-01T01:00:00Z' } : {}),
        },
        spec: { containers: containers.map((c) => ({ name: c })), initContainers: init },
        status,
      } as Pod;
      const [, ready, word, restarts, age] = podPrinter.cells(pod, now);
      assert.deepEqual([ready, word, restarts], want);
      assert.equal(age, '60m');
    });
  }

  it('fills the wide columns', () => {
    const pod = {
      metadata: { name: 'p' },
      spec: { containers: [], nodeName: 'n', readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
      status: { podIPs: [{ ip: '10.0.0.1' }], conditions: [{ type: 'a', status: 'True' }] },
    } as unknown as Pod;
    assert.deepEqual(podPrinter.cells(pod, now).slice(5), ['10.0.0.1', 'n', '<none>', '1/2']);
  });
});
