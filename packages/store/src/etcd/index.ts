export type { TracedCall } from './etcd-client.ts';
export { EtcdStore } from './etcd-store.ts';
