import { pods } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { etcdClientUrlsAnnotation } from './etcd-urls.ts';

/** The client URLs of members that run as static pods of control planes, sorted by pod name. */
export async function knownEtcdEndpoints(client: Pick<ApiClient, 'resource'>, signal: AbortSignal): Promise<string[]> {
  const { items } = await client
    .resource(pods)
    .list({ namespace: 'kube-system', labelSelector: 'component=etcd,tier=control-plane', signal });
  return items
    .flatMap((pod) => (pod.metadata.annotations?.[etcdClientUrlsAnnotation] ?? '').split(','))
    .filter(Boolean);
}
