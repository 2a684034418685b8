import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, runOn } from '../testing/index.ts';
import { clockAgrees, externalEtcdAnswers, noProxyToSubnets, proxyFor } from './network-checks.ts';

test('uses a proxy unless NO_PROXY covers the host', () => {
  const settings = {
    https: 'http://proxy:3128',
    exceptions: ['10.0.0.0/8', '.svc', 'example.com', '192.168.0.7', 'fd00::/8', ''],
  };
  const cases: [string, boolean][] = [
    ['10.1.2.3', false],
    ['11.1.2.3', true],
    ['192.168.0.7', false],
    ['192.168.0.8', true],
    ['api.example.com', false],
    ['example.com', false],
    ['example.org', true],
    ['kubernetes.default.svc', false],
    ['fd00::1', false],
    ['127.0.0.1', false],
  ];
  for (const [host, proxied] of cases) assert.equal(proxyFor(host, settings) !== undefined, proxied, host);
  assert.equal(proxyFor('11.1.2.3', { ...settings, https: '' }), undefined);
});

test('warns if Service and pod subnets would go through a proxy', async () => {
  const host = new FakeHost({ proxy: 'http://proxy:3128' });
  const { warnings } = await noProxyToSubnets('10.96.0.0/12,fd00::/108').run(host);
  assert.equal(warnings?.length, 1, 'the exceptions of the environment cover the first range');
  assert.match(String(warnings), /connection to "fd00::\/108" uses proxy "http:\/\/proxy:3128"/);
});

test('checks the version of external etcd before anything is written', async () => {
  const storage = (endpoint: string) =>
    ({
      kind: 'external-etcd',
      endpoints: [endpoint],
      httpEndpoints: [],
      caFile: '',
      certFile: '',
      keyFile: '',
      besideLocal: false,
    }) as const;
  const host = new FakeHost({
    get: async (url) => {
      if (url.includes('gone')) throw new Error('Get "https://gone:2379/version": connection refused');
      return { status: 200, body: JSON.stringify({ etcdserver: url.includes('old') ? '3.3.9' : '3.5.16' }) };
    },
  });
  assert.deepEqual((await externalEtcdAnswers(storage('https://new:2379')).run(host)).errors, []);
  assert.match(String((await externalEtcdAnswers(storage('https://old:2379')).run(host)).errors), />= 3.4.0.*3.3.9/);
  assert.match(
    String((await externalEtcdAnswers(storage('https://gone:2379')).run(host)).errors),
    /Get "https:\/\/gone:2379\/version": connection refused: check the endpoint/,
  );
});

test('reports a wrong clock, with the right time', async () => {
  const time = Date.parse('2026-01-01T00:00:00Z');
  const host = new FakeHost({ get: async () => ({ status: 200, body: 'ok', time }) });
  assert.deepEqual(await clockAgrees('10.0.0.2:6443', () => time + 60_000).run(host), {});
  const { errors } = await clockAgrees('10.0.0.2:6443', () => time - 3_600_000).run(host);
  assert.match(
    String(errors),
    /is 3600 s behind the API server's at 10.0.0.2:6443, where it is 2026-01-01T00:00:00.000Z/,
  );
});

test('warnings say what was found, and which command helps', async () => {
  const host = new FakeHost({
    proxy: 'http://proxy:3128',
    address: '192.168.7.7',
    missing: ['conntrack'],
    files: {
      '/etc/containerd/config.toml': 'SystemdCgroup = false\n',
      '/run/systemd/system': '',
      '/proc/sys/net/bridge/bridge-nf-call-iptables': '0',
    },
    commands: {
      'systemctl is-enabled --quiet kubelet': { code: 1 },
      'df -Pk /var/lib': { stdout: 'Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/a 9 9 2048 99% /\n' },
    },
  });
  const { code, err } = await runOn(host, new FakeCluster(), ['init', 'phase', 'preflight']);
  assert.equal(code, 0, err);
  for (const warning of [
    /\[WARNING HTTPProxy\]: Connection to "https:\/\/192.168.7.7" uses proxy .*add 192.168.7.7 to NO_PROXY/,
    /\[WARNING FileContent--proc-sys-net-bridge-bridge-nf-call-iptables\]: .*run "sysctl -w net.bridge/,
    /\[WARNING FileExisting-conntrack\]: conntrack not found in system path\nSuggestion: apt-get install conntrack/,
    /\[WARNING Firewalld\]: firewalld is active, please ensure ports \[6443 10250\] are open .*firewall-cmd/,
    /\[WARNING Service-Kubelet\]: kubelet service is not enabled, please run 'systemctl enable kubelet.service'/,
    /\[WARNING CgroupDriver\]: systemd hands out .* uses the cgroup driver "cgroupfs", .*: set "SystemdCgroup = true"/,
    /\[WARNING Disk\]: the file system of \/var\/lib has 2 MB left/,
  ]) {
    assert.match(err, warning);
  }
});
