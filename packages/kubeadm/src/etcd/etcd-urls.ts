import { hostPort } from '../network-address.ts';

export const etcdClientUrl = (address: string): string => `https://${hostPort(address, 2379)}`;
export const etcdPeerUrl = (address: string): string => `https://${hostPort(address, 2380)}`;

/** The annotation with a member's client URL; `kubeadm join` reads it from the mirror pods. */
export const etcdClientUrlsAnnotation = 'kubeadm.kubernetes.io/etcd.advertise-client-urls';
