import { type OperationFact, queryParametersOf } from '@typernetes/api/schema';
import { type Dialect, groupVersionKind, reference } from './definitions.ts';
import { parameterDescription } from './parameter-descriptions.ts';

type Json = Record<string, unknown>;

const booleans = new Set([
  'allowWatchBookmarks',
  'follow',
  'force',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'insecureSkipTLSVerifyBackend',
  'orphanDependents',
  'previous',
  'sendInitialEvents',
  'stderr',
  'stdin',
  'stdout',
  'timestamps',
  'tty',
  'watch',
]);
const integers = new Set([
  'gracePeriodSeconds',
  'limit',
  'limitBytes',
  'ports',
  'sinceSeconds',
  'tailLines',
  'timeoutSeconds',
]);

const produced = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const streaming = new Set(['list', 'watch', 'watchlist']);

const statusTexts: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

/** The media types of request and response bodies. */
interface Forms {
  readonly plain: readonly string[];
  readonly streamed: readonly string[];
  readonly patches: readonly string[];
}

const builtInForms: Forms = { plain: produced.slice(0, 3), streamed: produced, patches: patchTypes };
const customTypes = ['application/json', 'application/yaml'];
/** Custom resources have no protobuf, and lists without keys. */
export const customForms: Forms = {
  plain: customTypes,
  streamed: customTypes,
  patches: patchTypes.filter((type) => !type.includes('strategic')),
};

/** The `paths` of a document. */
export function pathsOf(operations: readonly OperationFact[], dialect: Dialect, forms = builtInForms): Json {
  const byPath = Map.groupBy(operations, ({ p }) => p);
  const paths = [...byPath].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    paths.map(([path, members]) => {
      const item: Json = {};
      for (const operation of members) item[operation.m.toLowerCase()] = operationObject(operation, dialect, forms);
      const [, , kind = ''] = splitKind(members[0]?.gvk ?? '');
      const parameters = pathParameters(path, { dialect, kind });
      return [path, parameters.length > 0 ? { ...item, parameters } : item];
    }),
  );
}

interface ParameterPlace {
  readonly dialect: Dialect;
  /** The kind of the objects. */
  readonly kind: string;
}

function pathParameters(path: string, of: ParameterPlace): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter(name, { in: 'path', ...of }));
}

function parameter(name: string, { in: place, dialect, kind }: ParameterPlace & { in: 'path' | 'query' }): Json {
  const type = booleans.has(name) ? 'boolean' : integers.has(name) ? 'integer' : 'string';
  const description = parameterDescription(name, place, kind);
  const head = {
    ...(description === undefined ? {} : { description }),
    ...{ name, in: place },
    ...(place === 'path' ? { required: true } : {}),
  };
  const shape = { type, uniqueItems: true };
  return dialect === 'v2' ? { ...head, ...shape } : { ...head, schema: shape };
}

/** `certManagerIo` for `cert-manager.io`, `rbacAuthorization` for `rbac.authorization.k8s.io`: as upstream's tags and names of operations have a group. */
export function groupWord(group: string): string {
  const word = group.replace(/\.k8s\.io$/, '').replace(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase());
  return word === '' ? 'core' : word;
}

function operationObject(operation: OperationFact, dialect: Dialect, forms: Forms): Json {
  const [group = '', version = '', kind = ''] = splitKind(operation.gvk ?? '');
  const query = queryParametersOf(operation).map((name) => parameter(name, { in: 'query', dialect, kind }));
  return {
    tags: [`${groupWord(group)}_${version}`],
    ...(dialect === 'v2' ? bodyOfV2(operation, query, forms) : bodyOfV3(operation, query, forms)),
    operationId: operation.id,
    ...(operation.a ? { 'x-kubernetes-action': operation.a } : {}),
    ...(operation.gvk ? { 'x-kubernetes-group-version-kind': groupVersionKind([group, version, kind]) } : {}),
  };
}

/** `apps/v1/Deployment`, `v1/Pod` or `/v1/Pod`. */
function splitKind(gvk: string): string[] {
  const parts = gvk.split('/');
  return parts.length === 2 ? ['', ...parts] : parts;
}

const unauthorized = { 401: { description: 'Unauthorized' } };

/** A read that returns text, such as a container's log, has its own media type. */
function answerTypes(
  action: string,
  result: string | undefined,
  { plain, streamed }: Pick<Forms, 'plain' | 'streamed'>,
): readonly string[] {
  if (action === 'connect') return ['*/*'];
  if (action === 'get' && result === 'string') return ['text/plain', ...plain];
  return streaming.has(action) ? streamed : plain;
}

function bodyOfV3(
  { a: action = '', body, r: result, c: codes }: OperationFact,
  query: readonly Json[],
  { plain, streamed, patches }: Forms,
): Json {
  const types = answerTypes(action, result, { plain, streamed });
  const schema = result === undefined ? undefined : result === 'string' ? { type: 'string' } : reference(result, 'v3');
  const content = schema && Object.fromEntries(types.map((type) => [type, { schema }]));
  const accepted = action === 'patch' ? patches : ['*/*'];
  return {
    ...(query.length > 0 ? { parameters: query } : {}),
    ...(body
      ? {
          requestBody: {
            content: Object.fromEntries(accepted.map((type) => [type, { schema: reference(body, 'v3') }])),
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        codes.map((code) => [code, { description: statusTexts[code] ?? 'OK', ...(content ? { content } : {}) }]),
      ),
      ...unauthorized,
    },
  };
}

function bodyOfV2(
  { a: action = '', body, r: result, c: codes }: OperationFact,
  query: readonly Json[],
  { plain, streamed, patches }: Forms,
): Json {
  const schema = result === undefined ? undefined : result === 'string' ? { type: 'string' } : reference(result, 'v2');
  // The body of a deletion is optional, all others are required.
  const isRequired = action === 'delete' || action === 'deletecollection' ? {} : { required: true };
  const bodyParameter = body ? [{ name: 'body', in: 'body', ...isRequired, schema: reference(body, 'v2') }] : [];
  const parameters = [...bodyParameter, ...query];
  return {
    consumes: action === 'patch' ? patches : ['*/*'],
    produces: answerTypes(action, result, { plain, streamed }),
    schemes: ['https'],
    ...(parameters.length > 0 ? { parameters } : {}),
    responses: {
      ...Object.fromEntries(
        codes.map((code) => [code, { description: statusTexts[code] ?? 'OK', ...(schema ? { schema } : {}) }]),
      ),
      ...unauthorized,
    },
  };
}
