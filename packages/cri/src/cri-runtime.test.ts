import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { codecOf } from './cri-codecs.ts';
import { connectRuntime } from './cri-runtime.ts';
import { serveGrpc } from './grpc-server.ts';
import { RuntimeError } from './runtime-error.ts';

test('statistics are asked for again when a container has gone meanwhile, and not for ever', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cri-'));
  const socket = join(folder, 'cri.sock');
  let [calls, failures] = [0, 2];
  const method = {
    path: '/runtime.v1.RuntimeService/ListContainerStats',
    request: 'cri.ListContainerStatsRequest',
    response: 'cri.ListContainerStatsResponse',
  };
  const answer = async () => {
    if (++calls <= failures) throw new RuntimeError('NotFound', 'failed to get container ID: a1: not found');
    return { stats: [{ attributes: { id: 'b1' } }] };
  };
  const server = await serveGrpc(socket, [{ method, answer }], codecOf);
  const runtime = connectRuntime(`unix://${socket}`);
  t.after(async () => {
    runtime.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  assert.deepEqual(
    (await runtime.listContainerStats()).map(({ attributes }) => attributes.id),
    ['b1'],
  );
  assert.equal(calls, 3);
  failures = Number.POSITIVE_INFINITY;
  await assert.rejects(
    runtime.listContainerStats(),
    /code = NotFound desc = failed to get container ID: a1: not found/,
  );
  assert.equal(calls, 8);
});
