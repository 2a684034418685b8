import type { Clock } from '@typernetes/base';
import { StatusError } from '@typernetes/machinery';
import {
  answerProfile,
  type ComponentFacts,
  componentPages,
  isProfilePath,
  metricsContentType,
  type SliMetrics,
} from '@typernetes/process';
import { bytesReply } from '../request/reply.ts';
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

/** `/debug/pprof`: what the process does and keeps (upstream: routes.Profiling). */
export function profileRoute(clock: Clock): SystemRoute {
  return ({ request: { path, query, signal } }) =>
    isProfilePath(path) ? answerProfile({ path, query, signal }, { clock }) : undefined;
}
