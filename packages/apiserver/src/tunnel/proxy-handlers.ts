import type { Random } from '@typernetes/base';
import type { CallHandler, StoredCall } from '../handlers/resource-call.ts';
import { admitConnect } from './admit-connect.ts';
import type { Backend } from './backend.ts';
import { forwardPage } from './forward-page.ts';
import type { KubeletAccess } from './pod-handlers.ts';
import { nodeBackend, podBackend, serviceBackend } from './proxy-backends.ts';
import { tunnelUpgrade } from './upgrade.ts';

/** The `proxy` subresources: forward requests to what is behind the object. */
export function proxyHandlers(access: KubeletAccess & { readonly random: Random }): [string, CallHandler][] {
  const answering =
    (backendOf: (call: StoredCall, path: string) => Promise<Backend>): CallHandler =>
    async (call) => {
      const { request } = call.context;
      await admitConnect(call);
      const { prefix, behind } = splitPath(call);
      const query = request.query.toString();
      const search = query === '' ? '' : `?${query}`;
      const backend = { ...(await backendOf(call, `${behind || '/'}${search}`)), dial: access.dial };
      if (request.takeConnection) return await tunnelUpgrade(backend, request);
      // Relative links of a page need the slash.
      if (behind === '' && (request.method === 'GET' || request.method === 'HEAD'))
        return { status: 301, headers: { location: `${request.path}/${search}` }, body: undefined };
      return await forwardPage(backend, request, prefix);
    };
  return [
    ['nodes/proxy', answering((call, path) => nodeBackend(access, call, path))],
    ['pods/proxy', answering(podBackend)],
    ['services/proxy', answering((call, path) => serviceBackend(access, call, path))],
  ];
}

/** The path up to the subresource (`/api/v1/nodes/a/proxy`, `/api/v1/namespaces/a/pods/b/proxy`), and what follows. */
function splitPath({ namespace, context: { request } }: StoredCall): { prefix: string; behind: string } {
  const segments = request.path.split('/');
  const length = namespace === '' ? 6 : 8;
  const prefix = segments.slice(0, length).join('/');
  return { prefix, behind: request.path.slice(prefix.length) };
}
