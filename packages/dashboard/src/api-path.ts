/** The path of the API below the page. */
export const apiPrefix = '/k8s';

const roots = new Set(['api', 'apis', 'openapi', 'version']);
const proxied = new Set(['pods', 'services', 'nodes']);

/**
 * The API path for a page's path, including the query, or why it is refused. Refuses paths outside of the API, and
 * proxies to pods, services and nodes: their pages would be pages of the dashboard, with the user's permissions.
 */
export function apiPath(url: string): { path: string } | { problem: string } {
  if (!url.startsWith(`${apiPrefix}/`)) return { problem: 'is no path of the API' };
  const rest = url.slice(apiPrefix.length);
  const [path = ''] = rest.split('?');
  let segments: string[];
  try {
    segments = path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return { problem: 'is not encoded as paths are' };
  }
  if (segments.some((segment, i) => isEscape(segment) || (segment === '' && i < segments.length - 1)))
    return { problem: 'leads elsewhere' };
  const [root = '', , ...below] = segments;
  if (!roots.has(root)) return { problem: 'is no path of the API' };
  if (root === 'api' && isProxy(below)) return { problem: 'is a proxy' };
  return { path: rest };
}

const isEscape = (segment: string): boolean =>
  segment === '.' || segment === '..' || [...segment].some((c) => c === '/' || c === '\\' || c <= ' ');

function isProxy(segments: readonly string[]): boolean {
  // The legacy form: /api/v1/proxy/nodes/NAME.
  if (segments[0] === 'proxy') return true;
  const [kind = '', , subresource] = segments[0] === 'namespaces' && segments.length > 2 ? segments.slice(2) : segments;
  return proxied.has(kind) && subresource === 'proxy';
}
