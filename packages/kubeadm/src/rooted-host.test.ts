import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireFolder, rootedHost } from './rooted-host.ts';
import { FakeCluster, FakeHost, runOn } from './testing/index.ts';

const links: Readonly<Record<string, string>> = {
  '/host/bin': 'usr/bin',
  '/host/etc/kubernetes': '/data/kubernetes',
  '/host/up': '../../../etc/passwd',
  '/host/loop': '/loop',
  '/host/data/here': './file',
};
const readLink = async (path: string): Promise<string | undefined> => links[path];

test('paths, programs and sockets are resolved inside the folder, links too', async () => {
  const host = new FakeHost({
    files: {
      '/etc/kubernetes/admin.conf': 'of this machine',
      '/host/data/kubernetes/admin.conf': 'of the folder',
      '/host/etc/passwd': 'root of the folder',
      '/host/usr/bin/kubelet': '',
      '/host/data/file': 'text',
    },
  });
  const { files, commands, network } = rootedHost(host, { root: '/host/', readLink });
  assert.equal(await files.read('/etc/kubernetes/admin.conf'), 'of the folder');
  assert.equal(await files.read('/up'), 'root of the folder');
  assert.equal(await files.read('/data/../data/./here'), 'text');
  await assert.rejects(files.read('/loop'), /open \/loop: too many levels of symbolic links/);
  assert.equal(await files.exists('/etc/kubernetes/super-admin.conf'), false);
  assert.deepEqual(await files.list('/etc/kubernetes'), ['admin.conf']);
  await files.write('/etc/kubernetes/manifests/a.yaml', 'a');
  assert.ok(host.texts.has('/host/data/kubernetes/manifests/a.yaml'));
  await files.remove('/etc/kubernetes/manifests/a.yaml');
  assert.ok(!host.texts.has('/host/data/kubernetes/manifests/a.yaml'));
  await commands.run('systemctl', ['stop', 'kubelet']);
  assert.deepEqual(host.ran, ['chroot /host/ systemctl stop kubelet']);
  assert.equal(await commands.find('kubelet'), '/usr/bin/kubelet');
  assert.equal(await commands.find('crictl'), undefined);
  assert.equal(await network.socketProblem('/run/containerd/containerd.sock'), undefined);
});

test('--rootfs makes a command work on the folder', async () => {
  const host = new FakeHost({ files: { '/host/etc/os-release': '' } });
  const { code, err } = await runOn(host, new FakeCluster(), ['init', 'phase', 'certs', 'ca', '--rootfs=/host']);
  assert.equal(code, 0, err);
  assert.deepEqual(host.written, ['/host/etc/kubernetes/pki/ca.crt', '/host/etc/kubernetes/pki/ca.key']);
  const missing = await runOn(host, new FakeCluster(), ['init', 'phase', 'certs', 'ca', '--rootfs', '/nowhere']);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^error: failed to chroot to \/nowhere: no such file or directory\n/);
  await requireFolder('/', host);
});

test("accepts klog's flags, without effect", async () => {
  const flags = [
    '--skip-headers',
    '--one-output',
    '--add-dir-header',
    '--skip-log-headers',
    '--log-file=/x',
    '-v',
    '1',
  ];
  const { code, err } = await runOn(new FakeHost(), new FakeCluster(), ['token', 'generate', ...flags]);
  assert.equal(code, 0, err);
});
