import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectCsi, csiCodecs, csiMethod } from './csi.ts';
import { serveGrpc } from './grpc-server.ts';
import { runtimeCodeOf } from './runtime-error.ts';

test('a call to a hanging driver ends with a timeout', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'csi-'));
  const socket = join(folder, 'csi.sock');
  const hanging = { method: csiMethod('Node', 'NodeStageVolume'), answer: () => new Promise<object>(() => {}) };
  const server = await serveGrpc(socket, [hanging], csiCodecs);
  const plugin = connectCsi(socket, { timeoutMs: 50 });
  t.after(async () => {
    plugin.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const request = { volumeId: 'v', stagingTargetPath: '/s' };
  const failure = await plugin.stage(request as never).catch((error: unknown) => error);
  assert.equal(runtimeCodeOf(failure), 'DeadlineExceeded');
});
