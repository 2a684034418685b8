import { pods } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { etcdClientUrlsAnnotation } from '../manifests/etcd.ts';

/** Client URLs of the members that run as static pods of control planes, in the order of their pods' names. */
export async function knownEtcdEndpoints(client: Pick<ApiClient, 'resource'>, signal: AbortSignal): Promise<string[]> {
  const { items } = await client
    .resource(pods)
    .list({ namespace: 'kube-system', labelSelector: 'component=etcd,tier=control-plane', signal });
  return items
    .flatMap((pod) => (pod.metadata.annotations?.[etcdClientUrlsAnnotation] ?? '').split(','))
    .filter(Boolean);
}
