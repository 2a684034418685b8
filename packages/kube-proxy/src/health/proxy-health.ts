import type { RequestListener } from 'node:http';
import type { Node } from '@typernetes/api/core/v1';

/** What load balancers and the kubelet ask kube-proxy about. */
export interface ProxyHealth {
  /** Whether packet rules are what they should be. */
  readonly healthy: boolean;
  /** Whether new connections should come to this node at all. */
  readonly nodeEligible: boolean;
  /** When rules were last brought in line, in milliseconds since the epoch; undefined before that. */
  readonly lastSync: number | undefined;
}

/** By it the cluster autoscaler announces that a node will go. */
const leavingTaint = 'ToBeDeletedByClusterAutoscaler';

/** Nodes on their way out get no new connections; one that is not known yet is no such node. */
export const isEligible = (node: Pick<Node, 'metadata' | 'spec'> | undefined): boolean =>
  node?.metadata.deletionTimestamp === undefined &&
  !(node?.spec?.taints ?? []).some((taint: { readonly key: string }) => taint.key === leavingTaint);

/** `/healthz`, which fails for a node that will go too, and `/livez` as upstream has them (`pkg/proxy/healthcheck`). */
export function proxyHealthHandler(
  now: () => number,
  health: () => ProxyHealth,
  asked: (path: 'healthz' | 'livez', code: number) => void = () => {},
): RequestListener {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://kube-proxy');
    if (pathname !== '/healthz' && pathname !== '/livez') {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
      response.end('404 page not found\n');
      return;
    }
    const { healthy, nodeEligible, lastSync = 0 } = health();
    const isFine = healthy && (nodeEligible || pathname === '/livez');
    const time = now();
    asked(pathname === '/healthz' ? 'healthz' : 'livez', isFine ? 200 : 503);
    // Clients compare the two: as long as all is well nothing is out of date, however long ago something changed.
    const fields = [`"lastUpdated": "${goTime(isFine ? time : lastSync)}","currentTime": "${goTime(time)}"`];
    if (pathname === '/healthz') fields.push(`"nodeEligible": ${nodeEligible}`);
    response.writeHead(isFine ? 200 : 503, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(`{${fields.join(', ')}}`);
  };
}

/** As Go prints times: `2026-01-02 03:04:05.678 +0000 UTC`. */
const goTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC');
