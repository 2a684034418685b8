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

test('a mirror that comes while the status of the one before it is being written gets the status as well', async (t) => {
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
