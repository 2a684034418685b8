import {
  answerHealth,
  type HealthEndpoints,
  type Metrics,
  metricsContentType,
  metricsResetText,
  versionInfo,
} from '@typernetes/process';
import { checkProducible } from '../request/negotiation.ts';
import { bytesReply, guardedTextReply, indentedReply, pageNotFound, textReply } from '../request/reply.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { methodNotAllowed, noSuchResource } from './resource-call.ts';

/** A non-resource path: replies, or returns undefined for paths of others. */
export type SystemRoute = (context: RequestContext) => Promise<Reply | undefined> | Reply | undefined;

export function healthRoute(endpoints: HealthEndpoints): SystemRoute {
  return async ({ request }) => {
    const url = new URL(`http://server${request.path}?${request.query.toString()}`);
    const answer = await answerHealth(url, endpoints);
    if (!answer) return undefined;
    // A single check that passes is answered without care, as upstream.
    const isWhole = request.path.split('/').length === 2;
    return isWhole || answer.status !== 200
      ? guardedTextReply(answer.status, answer.body)
      : textReply(200, answer.body);
  };
}

/** `refresh` updates metrics that have to be queried. With `resettable` a DELETE resets them. */
export function metricsRoute(
  metrics: Metrics,
  { refresh, resettable }: { readonly refresh: () => Promise<void>; readonly resettable: boolean },
): SystemRoute {
  return async ({ request }) => {
    if (request.path !== '/metrics') return undefined;
    if (resettable && request.method === 'DELETE') {
      metrics.reset();
      return guardedTextReply(200, metricsResetText);
    }
    await refresh();
    return bytesReply(200, Buffer.from(metrics.render()), metricsContentType);
  };
}

/** `/version`, with the emulated release and the oldest compatible one: by default the one before. */
export function versionRoute(
  emulated = { major: Number(versionInfo.major), minor: Number(versionInfo.minor) },
  compatible = { major: emulated.major, minor: emulated.minor - 1 },
): SystemRoute {
  const info = {
    ...versionInfo,
    emulationMajor: String(emulated.major),
    emulationMinor: String(emulated.minor),
    minCompatibilityMajor: String(compatible.major),
    minCompatibilityMinor: String(compatible.minor),
  };
  return ({ request }) => {
    if (request.path !== '/version' && request.path !== '/version/') return undefined;
    if (request.method !== 'GET') throw methodNotAllowed();
    checkProducible(request.headers.accept, ['application/json']);
    return indentedReply(200, info);
  };
}

/**
 * The first route that replies; otherwise upstream's plain 404, or its Status if only the version of a group is
 * unknown.
 */
export async function answerSystem(
  routes: readonly SystemRoute[],
  context: RequestContext,
  hasGroup: (group: string) => boolean,
): Promise<Reply> {
  for (const route of routes) {
    const reply = await route(context);
    if (reply) return reply;
  }
  const [, root, group, ...rest] = context.request.path.split('/');
  if (root === 'api' || (root === 'apis' && group && rest.length > 0 && hasGroup(group))) throw noSuchResource();
  return pageNotFound();
}
