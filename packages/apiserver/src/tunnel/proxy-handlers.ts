import { type Endpoints, endpoints, nodes, type Pod, type Service, services } from '@typernetes/api/core/v1';
import { badRequest, isNotFound, notFound, StatusError } from '@typernetes/machinery';
import type { CallHandler, StoredCall } from '../handlers/resource-call.ts';
import { admitConnect } from './admit-connect.ts';
import type { Backend } from './backend.ts';
import { forwardPage } from './forward-page.ts';
import { type KubeletAccess, kubeletBackend } from './pod-handlers.ts';
import { tunnelUpgrade } from './upgrade.ts';

/** The `proxy` subresources: what is behind the object answers. */
export function proxyHandlers(access: KubeletAccess): [string, CallHandler][] {
  const answering =
    (backendOf: (call: StoredCall, path: string) => Promise<Backend>): CallHandler =>
    async (call) => {
      const { request } = call.context;
      await admitConnect(call);
      const { prefix, behind } = splitPath(call);
      const query = request.query.toString();
      const search = query === '' ? '' : `?${query}`;
      const backend = await backendOf(call, `${behind || '/'}${search}`);
      if (request.takeConnection) return await tunnelUpgrade(backend, request);
      // Relative links of a page need the slash.
      if (behind === '' && (request.method === 'GET' || request.method === 'HEAD'))
        return { status: 301, headers: { location: `${request.path}/${search}` }, body: undefined };
      return await forwardPage(backend, request, prefix);
    };
  return [
    ['nodes/proxy', answering((call, path) => kubeletBackend(access, targetOf(call.name, 'node').name, path, nodes))],
    ['pods/proxy', answering(podBackend)],
    ['services/proxy', answering((call, path) => serviceBackend(access, call, path))],
  ];
}

/** `[scheme:]name[:port]` */
export function targetOf(text: string, what: string): { scheme: 'http' | 'https'; name: string; port: string } {
  const parts = text.split(':');
  const [first = '', second = '', third = ''] = parts;
  const isKnown = parts.length < 3 || (parts.length === 3 && ['', 'http', 'https'].includes(first));
  if (!isKnown) throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  if (parts.length === 3) {
    return { scheme: first === 'https' ? 'https' : 'http', name: second, port: third };
  }
  return { scheme: 'http', name: first, port: second };
}

/** The path up to the subresource (`/api/v1/nodes/a/proxy`, `/api/v1/namespaces/a/pods/b/proxy`), and what follows. */
function splitPath({ namespace, context: { request } }: StoredCall): { prefix: string; behind: string } {
  const segments = request.path.split('/');
  const length = namespace === '' ? 6 : 8;
  const prefix = segments.slice(0, length).join('/');
  return { prefix, behind: request.path.slice(prefix.length) };
}

async function podBackend({ storage, namespace, name }: StoredCall, path: string): Promise<Backend> {
  const target = targetOf(name, 'pod');
  const pod = (await storage.get(namespace, target.name)).object as Pod;
  const host = pod.status?.podIP;
  if (!host) throw badRequest(`address not allowed`);
  const declared = pod.spec.containers.flatMap(({ ports }) => ports ?? []);
  const port = portNumber(
    target.port,
    declared.map(({ name: of, containerPort }) => ({ name: of, port: containerPort })),
  );
  return backend(target.scheme, host, port ?? declared[0]?.containerPort ?? 80, path);
}

async function serviceBackend(access: KubeletAccess, call: StoredCall, path: string): Promise<Backend> {
  const { storage, namespace, name } = call;
  const target = targetOf(name, 'service');
  const service = (await storage.get(namespace, target.name)).object as Service;
  const ports = service.spec?.ports ?? [];
  const found = await endpointsOf(access, namespace, target.name);
  const wanted =
    target.port === '' && ports.length === 1
      ? ports[0]
      : ports.find((port) => port.name === target.port || String(port.port) === target.port);
  if (!wanted)
    throw unavailable(
      `no service port ${JSON.stringify(target.port)} found for service ${JSON.stringify(target.name)}`,
    );
  for (const subset of found.subsets ?? []) {
    const port = (subset.ports ?? []).find((one) => (one.name ?? '') === (wanted.name ?? ''));
    const [address] = subset.addresses ?? [];
    if (port && address) return backend(target.scheme, address.ip, port.port, path);
  }
  throw unavailable(`no endpoints available for service ${JSON.stringify(target.name)}`);
}

/** Upstream says of missing endpoints that there is no such service. */
async function endpointsOf(access: KubeletAccess, namespace: string, name: string): Promise<Endpoints> {
  try {
    return (await access.router.storageOf(endpoints).get(namespace, name)).object as Endpoints;
  } catch (error) {
    throw isNotFound(error) ? notFound(services, name) : error;
  }
}

function portNumber(text: string, declared: readonly { name?: string; port: number }[]): number | undefined {
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  return declared.find(({ name }) => name === text)?.port;
}

function backend(scheme: 'http' | 'https', host: string, port: number, path: string): Backend {
  return { host, port, path, ...(scheme === 'https' ? { tls: {} } : {}) };
}

const unavailable = (message: string): StatusError => new StatusError('ServiceUnavailable', message);
