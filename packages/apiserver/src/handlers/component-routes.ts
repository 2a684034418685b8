import { type Clock, version } from '@typernetes/base';
import { StatusError } from '@typernetes/machinery';
import { metricsContentType, type SliMetrics } from '@typernetes/process';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { bytesReply, jsonReply, textReply } from './reply.ts';
import type { SystemRoute } from './system-routes.ts';

/** What this program is, for `/statusz` and `/flagz`. */
export interface ComponentFacts {
  readonly name: string;
  /** Flags as they are in effect, by name. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The release that it stands for. */
  readonly emulated: { readonly major: number; readonly minor: number };
  readonly clock: Clock;
}

const warning =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';
const paths = ['/healthz', '/livez', '/metrics', '/readyz', '/statusz', '/version'];

/** `/statusz` and `/flagz`: text for people, and a versioned object for those who ask for it. */
export function componentRoute({ name, flags, emulated, clock }: ComponentFacts): SystemRoute {
  const startedAt = clock.now();
  const metadata = { name };
  return (context) => {
    if (context.request.path === '/statusz') {
      const uptimeSeconds = Math.floor((clock.now() - startedAt) / 1000);
      const emulationVersion = `${emulated.major}.${emulated.minor}`;
      const facts = {
        startTime: `${new Date(startedAt).toISOString().slice(0, 19)}Z`,
        uptimeSeconds,
        goVersion: `node ${process.versions.node}`,
        binaryVersion: version.slice(1),
        emulationVersion,
        paths,
      };
      return answer(context, { kind: 'Statusz', metadata, ...facts }, () => [
        `${name} statusz`,
        warning,
        '',
        `Started: ${new Date(startedAt).toUTCString()}`,
        `Up: ${uptimeText(uptimeSeconds)}`,
        `Go version: ${facts.goVersion}`,
        `Binary version: ${facts.binaryVersion}`,
        `Emulation version: ${emulationVersion}`,
        `Paths: ${paths.join(' ')}`,
      ]);
    }
    if (context.request.path !== '/flagz') return undefined;
    const shown = Object.fromEntries(
      Object.entries(flags)
        .filter(([, value]) => value !== undefined)
        .map(([flag, value]) => [flag, flagText(value)])
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
    return answer(context, { kind: 'Flagz', metadata, flags: shown }, () => [
      `${name} flagz`,
      warning,
      '',
      ...Object.entries(shown).map(([flag, value]) => `${flag}=${value}`),
    ]);
  };
}

function answer(
  { request }: RequestContext,
  object: { kind: string; [member: string]: unknown },
  lines: () => string[],
): Reply {
  const accept = request.headers.accept ?? '';
  const wanted = /application\/json;[^,]*as=(\w+)/.exec(accept)?.[1];
  if (wanted === object.kind && accept.includes('g=config.k8s.io') && accept.includes('v=v1beta1'))
    return jsonReply(200, { apiVersion: 'config.k8s.io/v1beta1', ...object });
  if (accept === '' || /text\/plain|text\/\*|\*\/\*/.test(accept)) return textReply(200, `\n${lines().join('\n')}\n`);
  throw new StatusError('NotAcceptable', `only the following media types are accepted: text/plain, application/json`);
}

function uptimeText(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)} hr ${two(Math.floor((seconds % 3600) / 60))} min ${two(seconds % 60)} sec`;
}

/** Lists as a comma-separated text, maps as `key=value`s. */
function flagText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, one]) => `${key}=${String(one)}`)
      .join(',');
  return String(value);
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
