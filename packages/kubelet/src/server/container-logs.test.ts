import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrpcCode } from '@typernetes/base';
import { RuntimeError } from '@typernetes/cri';
import { podOf } from '../testing/pod-machine.ts';
import { isRunning, logOptions, noLog } from './container-logs.ts';

test('parses log options as upstream does, with times relative to now', () => {
  const asked = (query: string) => logOptions(new URLSearchParams(query), 10_000);
  assert.deepEqual(asked(''), { follow: false, timestamps: false });
  assert.deepEqual(asked('follow=True&timestamps=1&tailLines=2&sinceSeconds=3'), {
    follow: true,
    timestamps: true,
    tailLines: 2,
    since: 7_000,
  });
  assert.deepEqual(asked('follow=False&timestamps=0&limitBytes=4'), {
    follow: false,
    timestamps: false,
    limitBytes: 4,
  });
  assert.equal(asked('tail=3').tailLines, 3);
  assert.equal(asked('tail=all&tailLines=3').tailLines, undefined);
  assert.equal(asked('sinceTime=1970-01-01T00:00:05Z').since, 5_000);
  for (const query of ['tailLines=x', 'limitBytes=', 'sinceTime=yesterday'])
    assert.throws(() => asked(query), { status: 400, message: '{"message": "Unable to decode query."}' }, query);
  for (const query of [
    'tailLines=-1',
    'limitBytes=0',
    'sinceSeconds=0',
    'sinceSeconds=1&sinceTime=1970-01-01T00:00:05Z',
  ])
    assert.throws(() => asked(query), { status: 422, message: '{"message": "Invalid request."}' }, query);
  assert.throws(() => asked('stream=Stdout'), {
    status: 400,
    message:
      'unable to return the given log stream: "Stdout". Please enable PodLogsQuerySplitStreams feature gate in kubelet',
  });
});

test('says why there is no log, as upstream does', () => {
  const said = (status: object, previous = false): string =>
    noLog({ ...podOf('web'), status: { containerStatuses: [{ name: 'c', ...status }] } } as never, 'c', previous);
  const waiting = (reason: string) => said({ state: { waiting: { reason } } });
  const where = 'container "c" in pod "web"';
  assert.equal(waiting('ErrImagePull'), `${where} is waiting to start: image can't be pulled`);
  assert.equal(waiting('ImagePullBackOff'), `${where} is waiting to start: trying and failing to pull image`);
  assert.equal(waiting('PodInitializing'), `${where} is waiting to start: PodInitializing`);
  assert.equal(said({ state: {} }), `${where} is waiting to start - no logs yet`);
  assert.equal(said({ state: { terminated: {} } }), `${where} is terminated`);
  const ended = { state: { running: {} }, containerID: 'x://b', lastState: { terminated: { containerID: 'x://a' } } };
  assert.equal(said(ended), 'unable to retrieve container logs for x://b');
  assert.equal(said(ended, true), 'unable to retrieve container logs for x://a');
  assert.equal(said({ state: { running: {} } }, true), `previous terminated ${where} not found`);
  assert.equal(noLog(podOf('web'), 'c', false), `${where} is not available`);
});

test('a container runs on while the runtime cannot be asked', async () => {
  const { signal } = new AbortController();
  const failing = (code: GrpcCode) => ({
    containerStatus: async () => {
      throw new RuntimeError(code, 'rpc error');
    },
  });
  assert.equal(await isRunning('a', failing('Unavailable'), signal), true);
  assert.equal(await isRunning('a', failing('NotFound'), signal), false);
  assert.equal(await isRunning('a', failing('Unavailable'), AbortSignal.abort()), false);
});
