import { createHash } from 'node:crypto';
import type { Pod } from '@typernetes/api/core/v1';
import { decodeDocument } from '@typernetes/process';
import type { FakeCluster } from './fake-cluster.ts';

/** Creates running mirror pods as soon as manifests are written; manifests in `refuse` keep the previous pod. */
export function fakeKubelet(
  cluster: FakeCluster,
  options: { node: string; refuse?: (text: string) => boolean },
): (path: string, text: string) => void {
  return (path, text) => {
    if (!path.startsWith('/etc/kubernetes/manifests/') || options.refuse?.(text)) return;
    const manifest = decodeDocument(text) as Pod;
    const name = `${manifest.metadata.name}-${options.node}`;
    const hash = createHash('md5').update(text).digest('hex');
    cluster.objects.set(`/api/v1/namespaces/kube-system/pods/${name}`, {
      ...manifest,
      metadata: {
        ...manifest.metadata,
        name,
        annotations: { ...manifest.metadata.annotations, 'kubernetes.io/config.hash': hash },
        labels: manifest.metadata.labels as Record<string, string>,
      },
      spec: { ...manifest.spec, nodeName: options.node },
      status: { phase: 'Running' },
    });
  };
}
