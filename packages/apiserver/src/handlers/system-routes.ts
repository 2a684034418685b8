import { version } from '@typernetes/base';
import { answerHealth, type HealthEndpoints, type Metrics, metricsContentType } from '@typernetes/process';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { bytesReply, jsonReply, pageNotFound, textReply } from './reply.ts';

/** A path outside of the resources: answers, or says that it is not its business. */
export type SystemRoute = (context: RequestContext) => Promise<Reply | undefined> | Reply | undefined;

export function healthRoute(endpoints: HealthEndpoints): SystemRoute {
  return async ({ request }) => {
    const url = new URL(`http://server${request.path}?${request.query.toString()}`);
    const answer = await answerHealth(url, endpoints);
    if (!answer) return undefined;
    const reply = textReply(answer.status, answer.body);
    return { ...reply, headers: { ...reply.headers, 'x-content-type-options': 'nosniff' } };
  };
}

export function metricsRoute(metrics: Metrics): SystemRoute {
  return ({ request }) =>
    request.path === '/metrics' ? bytesReply(200, Buffer.from(metrics.render()), metricsContentType) : undefined;
}

const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];

/** What `/version` says (upstream: version.Info). */
export const versionInfo = {
  major,
  minor,
  emulationMajor: major,
  emulationMinor: minor,
  minCompatibilityMajor: major,
  minCompatibilityMinor: String(Number(minor) - 1),
  gitVersion: version,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

export const versionRoute: SystemRoute = ({ request }) =>
  request.path === '/version' || request.path === '/version/' ? jsonReply(200, versionInfo) : undefined;

/** The first route that answers; otherwise upstream's plain 404. */
export async function answerSystem(routes: readonly SystemRoute[], context: RequestContext): Promise<Reply> {
  for (const route of routes) {
    const reply = await route(context);
    if (reply) return reply;
  }
  return pageNotFound();
}
