import { isTrueParameter } from '@typernetes/machinery';
import type { RequestInfo } from './request-info.ts';

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Path segments after a namespace's name that still mean the namespace itself. */
export const namespaceParts: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Reads the request's meaning from its method, path and query (upstream: request.RequestInfoFactory). */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const nonResource = (): RequestInfo => ({
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    rest: [],
  });
  let parts = partsOf(path);
  const [root] = parts;
  if (parts.length < 3 || (root !== 'api' && root !== 'apis')) return nonResource();
  if (root === 'apis' && parts.length < 4) return nonResource();
  const apiGroup = root === 'apis' ? (parts[1] as string) : '';
  const apiVersion = root === 'apis' ? (parts[2] as string) : (parts[1] as string);
  parts = parts.slice(root === 'apis' ? 3 : 2);

  let verb = verbs[method] ?? '';
  let deprecatedWatch = false;
  if (parts[0] === 'watch' || parts[0] === 'proxy') {
    if (parts.length < 2) return nonResource();
    verb = parts[0];
    deprecatedWatch = verb === 'watch';
    parts = parts.slice(1);
  }
  let namespace = '';
  if (parts[0] === 'namespaces') {
    if (parts.length > 1) {
      namespace = parts[1] as string;
      if (parts.length > 2 && !namespaceParts.has(parts[2] as string)) parts = parts.slice(2);
    }
  }
  const [resource = '', name = ''] = parts;
  const isProxy = verb === 'proxy';
  const subresource = isProxy ? '' : (parts[2] ?? '');
  if (name === '' && verb === 'get') verb = 'list';
  if (verb === 'list' && isTrueParameter(query.get('watch'))) verb = 'watch';
  if (name === '' && verb === 'delete') verb = 'deletecollection';
  // A list or watch narrowed to one name is authorized as one about that object.
  const narrowed =
    name === '' && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')
      ? nameInSelector(query.get('fieldSelector'))
      : name;
  return {
    isResourceRequest: true,
    path,
    verb: deprecatedWatch ? 'watch' : verb,
    apiGroup,
    apiVersion,
    namespace,
    resource,
    subresource,
    name: narrowed,
    rest: parts.slice(isProxy ? 2 : 3),
  };
}

function nameInSelector(selector: string | null): string {
  const found = selector === null ? null : /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(selector);
  return found?.[1] ?? '';
}

/** The segments of the decoded path, as upstream: slashes at both ends do not count, repeated and encoded ones do. */
export function partsOf(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === '/') start++;
  while (end > start && path[end - 1] === '/') end--;
  const trimmed = path.slice(start, end);
  return trimmed === '' ? [] : decoded(trimmed).split('/');
}

function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
