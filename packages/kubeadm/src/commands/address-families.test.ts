import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, fakeKubelet, runOn } from '../testing/index.ts';

/** What init writes for these ranges on a machine with this address. */
async function initialized(ranges: { pods: string; services: string; address: string; flags?: string[] }) {
  const cluster = new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': { metadata: { name: 'master', resourceVersion: '1' }, spec: {} },
  });
  const six = {
    '/proc/sys/net/ipv6/conf/default/forwarding': '1\n',
    '/proc/sys/net/bridge/bridge-nf-call-ip6tables': '1\n',
  };
  const host = new FakeHost({ address: ranges.address, files: six, onWrite: fakeKubelet(cluster, { node: 'master' }) });
  const args = [`--pod-network-cidr=${ranges.pods}`, `--service-cidr=${ranges.services}`, ...(ranges.flags ?? [])];
  const { code, out, err } = await runOn(host, cluster, ['init', ...args]);
  assert.equal(code, 0, err);
  const proxy = cluster.objects.get('/api/v1/namespaces/kube-system/configmaps/kube-proxy')?.data as Record<
    string,
    string
  >;
  const manifest = (name: string): string => host.texts.get(`/etc/kubernetes/manifests/${name}.yaml`) ?? '';
  return {
    out,
    manifest,
    proxy: proxy['config.conf'] ?? '',
    kubelet: host.texts.get('/var/lib/kubelet/config.yaml') ?? '',
  };
}

test('dual-stack ranges go to every component that allocates or translates addresses; names resolve to the first family', async () => {
  const [pods, services] = ['10.244.0.0/16,fd00:10:244::/56', '10.96.0.0/16,fd00:10:96::/112'];
  const { out, manifest, proxy, kubelet } = await initialized({ pods, services, address: '10.0.0.2' });
  assert.match(manifest('kube-apiserver'), new RegExp(`- --service-cluster-ip-range=${services}\n`));
  assert.match(manifest('kube-controller-manager'), new RegExp(`- --cluster-cidr=${pods}\n`));
  assert.match(manifest('kube-controller-manager'), new RegExp(`- --service-cluster-ip-range=${services}\n`));
  assert.match(proxy, new RegExp(`clusterCIDR: ${pods}\n`));
  assert.match(kubelet, /clusterDNS:\n *- 10\.96\.0\.10\n/);
  assert.match(out, /apiserver serving cert is signed for DNS names \[.*\] and IPs \[10\.96\.0\.1 10\.0\.0\.2\]/);
});

test('an IPv6-only machine has brackets before ports, and uses the IPv6 loopback address', async () => {
  const ranges = { pods: 'fd00:10:244::/56', services: 'fd00:10:96::/112', address: 'fd00:30::2' };
  const flags = ['--control-plane-endpoint=[fd00:30::1]:6443'];
  const { out, manifest, proxy, kubelet } = await initialized({ ...ranges, flags });
  assert.match(manifest('kube-apiserver'), /- --etcd-servers=https:\/\/\[::1\]:2379\n/);
  assert.match(manifest('etcd'), /- --listen-client-urls=https:\/\/\[::1\]:2379,https:\/\/\[fd00:30::2\]:2379\n/);
  assert.match(manifest('etcd'), /- --listen-metrics-urls=http:\/\/\[::1\]:2381\n/);
  assert.match(proxy, /bindAddress: '::'\n/);
  assert.match(kubelet, /clusterDNS:\n *- "?fd00:10:96::a"?\n/);
  assert.match(out, /kubeadm join \[fd00:30::1\]:6443 --token/);
});
