import type { HealthEndpoints } from '@typernetes/process';
import type { ServedResource } from '../registry/served-resource.ts';
import { indentedReply } from '../request/reply.ts';
import type { SystemRoute } from './system-routes.ts';

/** The paths of every server apart from resources and health checks. */
const ownPaths = ['/api', '/apis', '/apis/', '/metrics', '/metrics/slis', '/version'];
const openApiPaths = ['/openapi/v2', '/openapi/v3', '/openapi/v3/'];

/** `/` and `/index.html`: the paths that there are (upstream: routes.Index); `others` are those of parts. */
export function indexRoute(
  served: () => readonly ServedResource[],
  health: HealthEndpoints,
  others: readonly string[],
): SystemRoute {
  return ({ request }) => {
    if (request.path !== '/' && request.path !== '/index.html') return undefined;
    const paths = new Set([...ownPaths, ...openApiPaths, ...others]);
    for (const { type } of served()) {
      if (type.group !== '') paths.add(`/apis/${type.group}`);
      paths.add(type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`);
    }
    for (const [endpoint, checks] of Object.entries(health) as [string, HealthEndpoints['healthz']][]) {
      paths.add(`/${endpoint}`);
      for (const { name } of checks) paths.add(`/${endpoint}/${name}`);
    }
    return indentedReply(200, { paths: [...paths].sort() });
  };
}
