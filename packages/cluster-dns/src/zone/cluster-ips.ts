import type { Service } from '@typernetes/api/core/v1';

/** The cluster IPs of a service, of either family; none for a headless one. */
export function clusterIPsOf({ spec: { clusterIP, clusterIPs } }: Service): string[] {
  const all = clusterIPs?.length ? clusterIPs : [clusterIP ?? ''];
  return all.filter((ip) => ip !== '' && ip !== 'None');
}
