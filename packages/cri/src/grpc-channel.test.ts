import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { csiCodecs, csiMethod } from './csi.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { serveGrpc } from './grpc-server.ts';

test("calls are traced as part of the caller's span", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'grpc-'));
  const socket = join(folder, 'csi.sock');
  const probe = csiMethod('Identity', 'GetPluginInfo');
  const server = await serveGrpc(socket, [{ method: probe, answer: async () => ({ name: 'disks' }) }], csiCodecs);
  const paths: string[] = [];
  const channel = new GrpcChannel(socket, csiCodecs, {
    traced: (path, call) => {
      paths.push(path);
      return call({ traceparent: '00-here' });
    },
  });
  t.after(async () => {
    channel.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { name } = await channel.unary<{ name: string }>(probe, {});
  assert.equal(name, 'disks');
  assert.deepEqual(paths, [probe.path]);
});
