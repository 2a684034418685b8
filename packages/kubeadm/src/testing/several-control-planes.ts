import assert from 'node:assert/strict';
import { formatKubeconfig, singleContext } from '@typernetes/client';
import { clusterInfoSignatureKey, signDetached } from '@typernetes/pki';
import { etcdClientUrlsAnnotation } from '../etcd/etcd-urls.ts';
import type { HttpAnswer } from '../host.ts';
import { FakeCluster } from './fake-cluster.ts';
import type { FakeEtcd } from './fake-etcd.ts';
import { FakeHost } from './fake-host.ts';
import { type Ran, runOn } from './run.ts';

const info = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
export const endpoint = '10.0.0.100:6443';

interface Stored {
  data: Record<string, string>;
  metadata: { name: string };
}

/** A cluster with a shared endpoint, initialized on one fake machine, for a second machine to join. */
export async function initialized(...flags: string[]): Promise<{ cluster: FakeCluster; first: FakeHost; ran: Ran }> {
  const cluster = new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': { metadata: { name: 'master', resourceVersion: '1' }, spec: {} },
    '/api/v1/namespaces/kube-system/pods/etcd-master': {
      metadata: {
        name: 'etcd-master',
        labels: { component: 'etcd', tier: 'control-plane' },
        annotations: { [etcdClientUrlsAnnotation]: 'https://10.0.0.2:2379' },
      },
    },
  });
  const first = new FakeHost();
  const ran = await runOn(first, cluster, ['init', ...flags]);
  assert.equal(ran.code, 0, ran.err);
  const { data } = cluster.objects.get(info) as unknown as Stored;
  const token = { id: 'abcdef', secret: '0123456789abcdef' };
  data[clusterInfoSignatureKey(token.id)] = signDetached(data.kubeconfig ?? '', token);
  return { cluster, first, ran };
}

/** The kubelet's kubeconfig after its TLS bootstrap. */
const bootstrapped = formatKubeconfig(
  singleContext({ clusterName: 'c', cluster: { server: `https://${endpoint}` }, userName: 'u', user: {} }),
);

/** The machine of a second control plane. `disturb` wraps its plain HTTP requests. */
export function second(
  cluster: FakeCluster,
  etcd: FakeEtcd,
  disturb: (answer: () => HttpAnswer) => HttpAnswer | Promise<HttpAnswer> = (answer) => answer(),
): FakeHost {
  return new FakeHost({
    files: { '/etc/kubernetes/kubelet.conf': bootstrapped },
    address: '10.0.0.3',
    hostName: 'other',
    post: (url, body) => disturb(() => etcd.post(url, body)),
    get: (url) =>
      disturb(() => ({
        status: 200,
        body: url.includes('/cluster-info') ? JSON.stringify(cluster.objects.get(info)) : 'ok',
      })),
  });
}

/** The command line that init printed for control planes. */
export function joinLine({ out }: Ran): string[] {
  const line = /^ {2}kubeadm (join (?:.*\\\n)*.*--control-plane.*)$/m.exec(out)?.[1] ?? '';
  return [
    ...line.replaceAll(/\\\n\s*/g, '').split(/\s+/),
    '--ignore-preflight-errors=FileAvailable--etc-kubernetes-kubelet.conf',
  ];
}
