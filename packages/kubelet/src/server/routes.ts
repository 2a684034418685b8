import type { CompleteConfiguration } from '../config/defaults.ts';
import { lineRefusal, pageNotFound, Refusal } from './refusal.ts';

/** Which of the server's parts the configuration switches on; the read-only port has none of them. */
export type ServerParts = Pick<
  CompleteConfiguration,
  'enableDebuggingHandlers' | 'enableSystemLogHandler' | 'enableProfilingHandler' | 'enableDebugFlagsHandler'
>;

export const readOnlyParts: ServerParts = {
  enableDebuggingHandlers: false,
  enableSystemLogHandler: false,
  enableProfilingHandler: false,
  enableDebugFlagsHandler: false,
};

interface Route {
  /** Where undefined, with any method. */
  readonly methods?: readonly string[];
  /** How many parts the path may have after the first one; undefined for any number. */
  readonly rest?: readonly number[];
}

const get: Route['methods'] = ['GET'];
const getOrPost: Route['methods'] = ['GET', 'POST'];
const post: Route['methods'] = ['POST'];

/** On both ports, whatever is switched off. */
const always: Readonly<Record<string, Route>> = {
  healthz: {},
  metrics: {},
  pods: { methods: get, rest: [0] },
  stats: { methods: getOrPost, rest: [1] },
};

/** Beside those, unless `enableDebuggingHandlers` is off. */
const debugging: Readonly<Record<string, Route>> = {
  configz: {},
  statusz: {},
  flagz: {},
  debug: {},
  runningpods: { methods: get, rest: [0] },
  logs: { methods: get },
  containerLogs: { methods: get, rest: [3] },
  run: { methods: post, rest: [3, 4] },
  exec: { methods: getOrPost, rest: [3, 4] },
  attach: { methods: getOrPost, rest: [3, 4] },
  portForward: { methods: getOrPost, rest: [2, 3] },
  checkpoint: { methods: post, rest: [3] },
};

/** What says so when it is switched off; the rest is not there then. */
const saidToBeDisabled = ['run', 'exec', 'attach', 'portForward', 'containerLogs', 'runningpods', 'logs'];

/**
 * Why a request is refused before its path is looked into, in the words of Go's and go-restful's routers (upstream:
 * Server.Install...Handlers). `parts` are those of the path.
 */
export function routeRefusal(method: string, parts: readonly string[], on: ServerParts): Refusal | undefined {
  const [first = '', second = ''] = parts;
  if (Object.hasOwn(always, first)) return refusalOf(always[first] ?? {}, method, parts);
  if (!Object.hasOwn(debugging, first)) return pageNotFound();
  const isProfile = first === 'debug' && second === 'pprof';
  if (!on.enableDebuggingHandlers)
    return isProfile || saidToBeDisabled.includes(first)
      ? lineRefusal(405, 'Debug endpoints are disabled.')
      : pageNotFound();
  if (first === 'logs' && !on.enableSystemLogHandler) return lineRefusal(405, 'logs endpoint is disabled.');
  if (first === 'debug') return debugRefusal(method, parts, on);
  return refusalOf(debugging[first] ?? {}, method, parts);
}

function debugRefusal(method: string, [, ...rest]: readonly string[], on: ServerParts): Refusal | undefined {
  if (rest[0] === 'pprof') {
    if (!on.enableProfilingHandler) return lineRefusal(405, 'profiling endpoint is disabled.');
    return refusalOf({ methods: ['GET'] }, method, rest);
  }
  if (rest.join('/') !== 'flags/v') return pageNotFound();
  return on.enableDebugFlagsHandler ? undefined : lineRefusal(405, 'flags endpoint is disabled.');
}

function refusalOf({ methods, rest }: Route, method: string, [, ...given]: readonly string[]): Refusal | undefined {
  const length = given.at(-1) === '' ? given.length - 1 : given.length;
  if (rest && !rest.includes(length)) return new Refusal(404, '404: Page Not Found');
  if (methods && !methods.includes(method))
    return new Refusal(405, '405: Method Not Allowed', { allow: methods.join(', ') });
  return undefined;
}
