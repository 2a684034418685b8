import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodStatus } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { StatusError } from '@typernetes/machinery';
import { annotations, fullNameOf } from '../pod/identity.ts';
import { podOf } from '../testing/pod-machine.ts';
import { StatusWriter } from './status-writer.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const running: PodStatus = { phase: 'Running' };

const mirror = (uid: string): Pod => podOf('etcd', {}, uid);

test("a mirror created while its predecessor's status is being written gets the status as well", async (t) => {
  const pod = podOf('etcd', {}, 'manifest');
  const manifest: Pod = {
    ...pod,
    metadata: { ...pod.metadata, annotations: { [annotations.source]: 'file', [annotations.hash]: 'manifest' } },
  };
  const written: unknown[] = [];
  const answer = Promise.withResolvers<never>();
  let present = mirror('old');
  const writer = new StatusWriter({
    pods: {
      patch(_ref, patch) {
        const { uid } = (patch as Pod).metadata;
        written.push(uid);
        return uid === 'old' ? answer.promise : Promise.resolve(present);
      },
      delete: () => assert.fail('mirrors are not the writer’s to delete'),
      get: () => assert.fail('nothing is read'),
    },
    shown: () => present,
    clock: new FakeClock(),
    log: silentLogger,
  });
  const stop = new AbortController();
  const ended = writer.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await ended;
  });
  writer.report(manifest, running);
  await turn();
  assert.deepEqual(written, ['old']);
  present = mirror('new');
  writer.mirrorChanged(fullNameOf(present));
  answer.reject(new StatusError('NotFound', 'pods "etcd" not found'));
  await turn();
  assert.deepEqual(written, ['old', 'new']);
});

test('a pod that ends at the very moment when a write of its status does is deleted from the API server', async () => {
  for (let steps = 0; steps < 12; steps++) {
    const pod = podOf('web', {}, 'one');
    const answer = Promise.withResolvers<Pod>();
    let deletions = 0;
    const writer = new StatusWriter({
      pods: {
        patch: () => answer.promise,
        async delete() {
          deletions++;
          return pod;
        },
        get: () => assert.fail('nothing is read'),
      },
      shown: () => pod,
      clock: new FakeClock(),
      log: silentLogger,
    });
    writer.report(pod, running);
    await turn();
    answer.resolve(pod);
    for (let step = 0; step < steps; step++) await undefined;
    writer.finish(pod);
    await turn();
    assert.equal(deletions, 1, `after ${steps} steps`);
  }
});
