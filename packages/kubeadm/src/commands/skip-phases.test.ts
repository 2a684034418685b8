import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const cluster = (): FakeCluster =>
  new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': { metadata: { name: 'master', resourceVersion: '1' }, spec: {} },
  });

test('phases are skipped by name, together with their subphases; a phase of a group by its path', async () => {
  const init = (...args: string[]): Promise<Ran> => runOn(new FakeHost(), cluster(), ['init', ...args]);
  const { code, out, err } = await init('--skip-phases=addon/kube-proxy,show-join-command', '--skip-phases=preflight');
  assert.equal(code, 0, err);
  assert.match(out, /\[addons\] Applied essential addon: CoreDNS\n$/);
  assert.doesNotMatch(out, /kube-proxy\n|preflight|kubeadm join/);
  const none = await init('--skip-phases=addon,bootstrap-token,show-join-command');
  assert.doesNotMatch(none.out, /addon|bootstrap-token/);
});

test('a file may name phases to skip; flags take precedence', async () => {
  const host = new FakeHost({
    files: {
      '/c.yaml': 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nskipPhases: [addon/coredns]\n',
    },
  });
  const applied = async (...flags: string[]): Promise<string[]> => {
    const { code, out, err } = await runOn(host, cluster(), ['init', '--config=/c.yaml', ...flags]);
    assert.equal(code, 0, err);
    return [...out.matchAll(/Applied essential addon: (\S+)/g)].map(([, name]) => String(name));
  };
  assert.deepEqual(await applied(), ['kube-proxy']);
  const again = '--ignore-preflight-errors=all';
  assert.deepEqual(await applied('--skip-phases=addon/kube-proxy', again), ['CoreDNS']);
});

const discovery = ['10.0.0.2:6443', '--token=abcdef.0123456789abcdef', '--discovery-token-unsafe-skip-ca-verification'];
for (const [name, line] of [
  ['addon/nothing', ['init']],
  ['kube-proxy', ['init']],
  ['addons', ['init', '--dry-run']],
  ['control-plane-prepare/everything', ['join', ...discovery]],
  ['cleanup', ['reset', '--force']],
] as const) {
  test(`kubeadm ${line[0]} --skip-phases=${name}`, async () => {
    const host = new FakeHost();
    const { code, err } = await runOn(host, cluster(), [...line, `--skip-phases=${name}`]);
    assert.equal(code, 1);
    assert.match(err, new RegExp(`^error: invalid phase name: ${name}\n`));
    assert.deepEqual(host.written, []);
  });
}
