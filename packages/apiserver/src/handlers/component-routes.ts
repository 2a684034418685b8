import { StatusError } from '@typernetes/machinery';
import { type ComponentFacts, componentPages, metricsContentType, type SliMetrics } from '@typernetes/process';
import { bytesReply, textReply } from './reply.ts';
import type { SystemRoute } from './system-routes.ts';

const paths = ['/healthz', '/livez', '/metrics', '/readyz', '/statusz', '/version'];

/** `/statusz` and `/flagz`: text for people, and a versioned object for those who ask for it. */
export function componentRoute(facts: ComponentFacts): SystemRoute {
  const pageOf = componentPages(facts, paths);
  return ({ request }) => {
    const page = pageOf(request.path, request.headers.accept);
    if (!page) return undefined;
    if (page.status === 406) throw new StatusError('NotAcceptable', page.body);
    return bytesReply(page.status, Buffer.from(page.body), page.type);
  };
}

/** `/metrics/slis`: how health checks ended, whenever somebody asked for them. */
export function sliRoute(slis: SliMetrics): SystemRoute {
  return ({ request }) =>
    request.path === '/metrics/slis' ? bytesReply(200, Buffer.from(slis.render()), metricsContentType) : undefined;
}

/** Profiles of upstream's are of its runtime: here they are taken in another way, and the answer says so. */
export const profileRoute: SystemRoute = ({ request }) =>
  request.path === '/debug/pprof' || request.path.startsWith('/debug/pprof/')
    ? textReply(501, 'This server has no pprof profiles: start it with --cpu-prof or --heap-prof of Node instead\n')
    : undefined;
