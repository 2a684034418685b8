import { imageRepository, imageTag } from '@typernetes/base';
import type { ClusterConfig } from './config/internal.ts';

/** The full references of all images that a control plane needs, in upstream's order. */
export function controlPlaneImages(cluster: Pick<ClusterConfig, 'imageRepository' | 'dns' | 'storage'>): string[] {
  const own = (name: string): string => `${cluster.imageRepository}/${name}:${imageTag}`;
  const { dns, storage } = cluster;
  return [
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map(own),
    ...(dns.disabled ? [] : [`${dns.imageRepository}/cluster-dns:${dns.imageTag || imageTag}`]),
    own('pause'),
    ...(storage.kind === 'stacked-etcd' ? [`${storage.imageRepository}/etcd:${storage.imageTag}`] : []),
  ];
}

/** The images that run on every node, as far as kubeadm knows. */
export const nodeImages = (): string[] =>
  ['kube-proxy', 'pause'].map((name) => `${imageRepository}/${name}:${imageTag}`);
