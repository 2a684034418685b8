import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../testing/index.ts';
import { kubeletService } from './service.ts';

const booted = { '/run/systemd/system/.': '' };

test('with systemd the kubelet is a unit, from a package or installed by kubeadm', async () => {
  const bare = new FakeHost({ files: booted });
  await (await kubeletService(bare)).start();
  assert.deepEqual(bare.written, [
    '/etc/systemd/system/kubelet.service',
    '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
  ]);
  assert.match(bare.texts.get('/etc/systemd/system/kubelet.service') ?? '', /ExecStart=\/usr\/bin\/kubelet\n/);
  const packaged = new FakeHost({ files: { ...booted, '/lib/systemd/system/kubelet.service': '' } });
  await (await kubeletService(packaged)).start();
  assert.deepEqual(packaged.written, []);
  const lines = ['systemctl daemon-reload', 'systemctl enable --quiet kubelet', 'systemctl restart kubelet'];
  assert.deepEqual([bare.ran, packaged.ran], [lines, lines]);
});

test('stopping a missing unit is fine; a unit that does not stop is an error', async () => {
  const stopping = async (code: number): Promise<void> => {
    const commands = { 'systemctl stop kubelet': { code, stderr: 'Unit kubelet.service not loaded.\n' } };
    await (await kubeletService(new FakeHost({ files: booted, commands }))).stop();
  };
  await stopping(5);
  await assert.rejects(
    stopping(1),
    /"systemctl stop kubelet" failed with exit code 1: Unit kubelet.service not loaded/,
  );
});

test('without systemd it is our init script', async () => {
  const host = new FakeHost();
  const service = await kubeletService(host);
  await service.stop();
  await service.start();
  assert.equal(service.kind, 'sysv');
  assert.deepEqual(host.ran, ['/etc/init.d/kubelet restart']);
});
