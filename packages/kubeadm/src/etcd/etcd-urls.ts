import { hostPort } from '../network-address.ts';

export const etcdClientUrl = (address: string): string => `https://${hostPort(address, 2379)}`;
export const etcdPeerUrl = (address: string): string => `https://${hostPort(address, 2380)}`;
