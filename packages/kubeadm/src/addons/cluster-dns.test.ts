import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, runOn } from '../testing/index.ts';

const path = '/api/v1/namespaces/kube-system/configmaps/coredns';

interface Made {
  readonly data: { readonly Corefile: string };
}

test("writes the Corefile once, with the cluster's domain, and never overwrites users' changes", async () => {
  const cluster = new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': { metadata: { name: 'master', resourceVersion: '1' }, spec: {} },
  });
  const host = new FakeHost();
  const corefileAfter = async (...line: string[]): Promise<string> => {
    const { code, err } = await runOn(host, cluster, ['init', ...line, '--service-dns-domain=corp.example']);
    assert.equal(code, 0, err);
    return (cluster.objects.get(path) as unknown as Made).data.Corefile;
  };
  assert.match(await corefileAfter(), /^ {4}kubernetes corp\.example in-addr\.arpa ip6\.arpa \{\n {7}pods insecure$/m);
  const edited = { metadata: { name: 'coredns' }, data: { Corefile: '.:53 {\n}\n' } };
  cluster.objects.set(path, edited);
  assert.equal(await corefileAfter('phase', 'addon', 'coredns'), edited.data.Corefile);
});
