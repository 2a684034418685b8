import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, type Pod, pods } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { annotations, isMirror } from '../pod/identity.ts';
import { podOf } from '../testing/pod-machine.ts';
import { MirrorPods } from './mirror-pods.ts';

const metadata = { name: 'here', uid: 'node-uid', resourceVersion: '1', creationTimestamp: '' };
const node: Node = { apiVersion: 'v1', kind: 'Node', metadata, spec: {} };

function staticPod(hash: string): Pod {
  const pod = podOf('kube-apiserver');
  const notes = { [annotations.source]: 'file', [annotations.hash]: hash };
  return { ...pod, metadata: { ...pod.metadata, annotations: notes } };
}

/** Mirrors in an API that rejects the next `failures` writes, as a server that is shutting down does. */
function mirrorsOf(t: { after(run: () => void): void }) {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const resource = api.resource(pods);
  const state = { failures: 0 };
  const reach = <T>(act: () => Promise<T>): Promise<T> => {
    if (state.failures === 0) return act();
    state.failures--;
    return Promise.reject(new Error('read ECONNRESET'));
  };
  const mirrors: MirrorPods = new MirrorPods({
    pods: {
      async create(draft, options) {
        const made = await reach(() => resource.create(draft, options));
        mirrors.seen(made);
        return made;
      },
      async delete(ref, options) {
        const mirror = await resource.get(ref);
        const answer = await reach(() => resource.delete(ref, options));
        mirrors.gone(mirror);
        return answer;
      },
    },
    node: () => node,
    clock,
    log: silentLogger,
  });
  const stop = new AbortController();
  void mirrors.run(stop.signal);
  t.after(() => stop.abort());
  mirrors.start();
  const hashes = async (): Promise<readonly (string | undefined)[]> =>
    (await resource.list({ namespace: 'default' })).items
      .filter(isMirror)
      .map((pod) => pod.metadata.annotations?.[annotations.mirror]);
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second++) await clock.advance(1000);
  };
  return { mirrors, state, seconds, hashes };
}

test('a mirror is created, replaced and deleted with its pod', async (t) => {
  const { mirrors, seconds, hashes } = mirrorsOf(t);
  mirrors.setStatic([staticPod('a')]);
  await seconds(1);
  assert.deepEqual(await hashes(), ['a']);
  mirrors.setStatic([staticPod('b')]);
  await seconds(1);
  assert.deepEqual(await hashes(), ['b']);
  mirrors.setStatic([]);
  await seconds(1);
  assert.deepEqual(await hashes(), []);
});

test('retries a failed write until it succeeds, with the current manifest', async (t) => {
  const { mirrors, state, seconds, hashes } = mirrorsOf(t);
  state.failures = 3;
  mirrors.setStatic([staticPod('a')]);
  await seconds(10);
  assert.deepEqual(await hashes(), ['a']);
  state.failures = 5;
  mirrors.setStatic([staticPod('b')]);
  await seconds(1);
  assert.deepEqual(await hashes(), ['a'], 'it cannot be replaced yet');
  mirrors.setStatic([staticPod('c')]);
  await seconds(60);
  assert.deepEqual([await hashes(), state.failures], [['c'], 0]);
});
