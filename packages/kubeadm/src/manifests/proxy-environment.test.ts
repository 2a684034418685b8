import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { decodeDocument } from '@typernetes/process';
import { FakeCluster, FakeHost, runOn } from '../testing/index.ts';

test("components get the environment's proxy variables, unless the configuration sets them", async () => {
  const text = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
scheduler: {extraEnvs: [{name: no_proxy, value: own}]}
`;
  const host = new FakeHost({ proxy: 'http://proxy:3128', files: { '/c.yaml': text } });
  const cluster = new FakeCluster();
  const { code, err } = await runOn(host, cluster, ['init', 'phase', 'control-plane', 'all', '--config=/c.yaml']);
  assert.equal(code, 0, err);
  const environment = (component: string): unknown => {
    const pod = decodeDocument(host.texts.get(`/etc/kubernetes/manifests/${component}.yaml`) ?? '') as Pod;
    return pod.spec?.containers[0]?.env;
  };
  const https = { name: 'HTTPS_PROXY', value: 'http://proxy:3128' };
  for (const component of ['kube-apiserver', 'kube-controller-manager']) {
    assert.deepEqual(environment(component), [https, { name: 'no_proxy', value: '10.0.0.0/8' }], component);
  }
  assert.deepEqual(environment('kube-scheduler'), [https, { name: 'no_proxy', value: 'own' }]);
  const addon = await runOn(host, cluster, ['init', 'phase', 'addon', 'kube-proxy', '--print-manifest']);
  assert.match(addon.out, /- name: HTTPS_PROXY\n +value: http:\/\/proxy:3128\n/);
});
