import type { ClusterConfig } from '../config/internal.ts';

/** A file that is the same on all control planes of a cluster, and its key in the Secret of uploaded certificates. */
export interface SharedFile {
  readonly key: string;
  readonly path: string;
}

/** The authorities, the signing key of service account tokens and, with external etcd, the client certificate for it. */
export function sharedFiles({
  certificatesDir,
  storage,
}: Pick<ClusterConfig, 'certificatesDir' | 'storage'>): SharedFile[] {
  const names = ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.pub', 'sa.key'];
  if (storage.kind === 'stacked-etcd') names.push('etcd/ca.crt', 'etcd/ca.key');
  const shared = names.map((name) => ({ key: name.replaceAll('/', '-'), path: `${certificatesDir}/${name}` }));
  if (storage.kind !== 'external-etcd') return shared;
  const external = [
    { key: 'external-etcd-ca.crt', path: storage.caFile },
    { key: 'external-etcd.crt', path: storage.certFile },
    { key: 'external-etcd.key', path: storage.keyFile },
  ];
  return [...shared, ...external.filter(({ path }) => path !== '')];
}
