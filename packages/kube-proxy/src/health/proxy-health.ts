import type { RequestListener } from 'node:http';
import type { Node } from '@typernetes/api/core/v1';

/** The state of kube-proxy that load balancers and the kubelet ask about. */
export interface ProxyHealth {
  /** Whether the packet rules are up to date. */
  readonly healthy: boolean;
  /** Whether this node should get new connections. */
  readonly nodeEligible: boolean;
  /** The last successful sync, in milliseconds since the epoch; undefined before the first. */
  readonly lastSync: number | undefined;
}

/** The taint with which the cluster autoscaler announces the removal of a node. */
const leavingTaint = 'ToBeDeletedByClusterAutoscaler';

/** Nodes about to be removed get no new connections; an unknown node still does. */
export const isEligible = (node: Pick<Node, 'metadata' | 'spec'> | undefined): boolean =>
  node?.metadata.deletionTimestamp === undefined &&
  !(node?.spec?.taints ?? []).some((taint: { readonly key: string }) => taint.key === leavingTaint);

/**
 * `/healthz`, which also fails for a node about to be removed, and `/livez`, as upstream's (`pkg/proxy/healthcheck`).
 */
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
    // Clients compare the two times: while the rules are fine they must be equal, however long ago the last change was.
    const fields = [`"lastUpdated": "${goTime(isFine ? time : lastSync)}","currentTime": "${goTime(time)}"`];
    if (pathname === '/healthz') fields.push(`"nodeEligible": ${nodeEligible}`);
    response.writeHead(isFine ? 200 : 503, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(`{${fields.join(', ')}}`);
  };
}

/** The time format of Go's String(): `2026-01-02 03:04:05.678 +0000 UTC`. */
const goTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC');
