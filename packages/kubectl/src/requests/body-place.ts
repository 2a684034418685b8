import type { ApiRequest } from '@typernetes/client';

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** Where upstream's reads and writes objects of any kind: the lines of v1.35's `cli-runtime/pkg/resource/helper.go`. */
const helperLines: Readonly<Record<Verb, number>> = {
  get: 105,
  list: 113,
  watch: 170,
  delete: 202,
  create: 246,
  patch: 269,
  update: 319,
};

/** Where it does so with a client of the kind's own: the lines of `client-go/gentype/type.go`. */
const typedLines: Partial<Readonly<Record<Verb, number>>> = { get: 165, list: 183, create: 213, patch: 289 };

const everything: readonly Verb[] = ['get', 'list', 'create', 'patch'];

/** The commands with such clients, and what they use them for. */
const typedClients: Readonly<Record<string, readonly Verb[]>> = {
  'auth can-i': everything,
  'auth reconcile': everything,
  'auth whoami': everything,
  autoscale: ['create'],
  cordon: ['patch'],
  debug: ['patch'],
  drain: ['patch'],
  events: everything,
  uncordon: ['patch'],
};

/** Requests that are made in one place, by method and path. */
const places: readonly (readonly [RegExp, string])[] = [
  [/^GET \/api$/, 'discovery_client.go:255'],
  [/^GET \/apis$/, 'discovery_client.go:318'],
  [/^GET \/(api|apis\/[^/]+)\/[^/]+$/, 'discovery_client.go:413'],
  [/^GET \/version$/, 'discovery_client.go:667'],
  [/^GET \/openapi\/v3$/, 'client.go:46'],
  [/^GET \/openapi\/v3\//, 'groupversion.go:75'],
  [/^GET .*\/pods\/[^/]+\/log$/, 'logs.go:476'],
  [/^POST .*\/serviceaccounts\/[^/]+\/token$/, 'serviceaccount.go:87'],
  [/^POST .*\/pods\/[^/]+\/eviction$/, 'eviction_expansion.go:38'],
  [/^PATCH .*\/scale$/, 'client.go:232'],
];

/** Upstream's file and line that logs a request's body and its response's, which people filter for. `command` is the name of the command. */
export function bodyPlace({ method, path }: Pick<ApiRequest, 'method' | 'path'>, command: string): string {
  if (command === 'get --raw') return 'raw.go:84';
  const [plain = ''] = path.split('?', 1);
  const known = places.find(([pattern]) => pattern.test(`${method} ${plain}`));
  if (known) return known[1];
  const verb = verbOf(method, path);
  // What is deleted is waited for, and what is replaced read first, in places of their own.
  if (command === 'delete' && verb === 'get') return 'simple.go:242';
  if (command === 'replace' && verb === 'get') return 'helper.go:294';
  const typed = command.startsWith('create ') ? everything : (typedClients[command] ?? []);
  const line = typed.includes(verb) ? typedLines[verb] : undefined;
  return line === undefined ? `helper.go:${helperLines[verb]}` : `type.go:${line}`;
}

function verbOf(method: string, path: string): Verb {
  if (method === 'GET') {
    if (/[?&]watch=(true|1)/.test(path)) return 'watch';
    return isCollection(path) ? 'list' : 'get';
  }
  return ({ POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const)[method] ?? 'get';
}

/** Whether a path ends with the name of a resource. */
function isCollection(path: string): boolean {
  const [plain = ''] = path.split('?', 1);
  const [, , rest = ''] = /^\/(api|apis\/[^/]+)\/[^/]+\/(.+)$/.exec(plain) ?? [];
  return !rest.replace(/^namespaces\/[^/]+\/(?!(?:finalize|status)$)/, '').includes('/');
}
