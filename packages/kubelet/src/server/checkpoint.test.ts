import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { RuntimeError } from '@typernetes/cri';
import { podOf } from '../testing/pod-machine.ts';
import { type CheckpointDeps, checkpoint } from './checkpoint.ts';

test('writes a checkpoint into the configured folder, or says why it cannot', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
  context.after(() => rm(folder, { recursive: true }));
  const directory = join(folder, 'checkpoints');
  const asked: object[] = [];
  const deps: CheckpointDeps = {
    runtime: { checkpointContainer: async (request) => void asked.push(request) },
    directory,
    idOf: async () => 'id',
    clock: new FakeClock(Date.parse('2026-01-02T03:04:05Z')),
  };
  const pod = podOf('web', { containers: [{ name: 'c' }], initContainers: [{ name: 'first' }] });
  const of = (container: string, more: Partial<CheckpointDeps> = {}, query = '') =>
    checkpoint({ pod, container, query: new URLSearchParams(query) }, { ...deps, ...more });

  const location = `${directory}/checkpoint-web_default-c-2026-01-02T03:04:05Z.tar`;
  assert.deepEqual(await of('c', {}, 'timeout=7'), { items: [location] });
  await of('first');
  assert.deepEqual(asked, [
    { containerId: 'id', location, timeoutSeconds: 7 },
    { containerId: 'id', location: location.replace('-c-', '-first-'), timeoutSeconds: 0 },
  ]);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);

  const unimplemented = async (): Promise<void> => {
    throw new RuntimeError('Unimplemented', 'unknown method CheckpointContainer for service runtime.v1.RuntimeService');
  };
  const failed = 'checkpointing of default/web/c failed';
  for (const [answer, status, message] of [
    [of('other'), 404, 'container other does not exist'],
    [of('c', {}, 'timeout=soon'), 404, 'cannot parse value of timeout parameter'],
    [of('c', { idOf: async () => undefined }), 500, `${failed} (container c not found)`],
    [
      of('c', { runtime: { checkpointContainer: unimplemented } }),
      500,
      `${failed} (rpc error: code = Unimplemented desc = unknown method CheckpointContainer for service runtime.v1.RuntimeService)`,
    ],
  ] as const)
    await assert.rejects(answer, { status, message });
});
