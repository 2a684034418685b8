import { lookup } from 'node:dns/promises';
import {
  type EndpointAddress,
  type Endpoints,
  endpoints,
  nodes,
  type Pod,
  pods,
  type Service,
  services,
} from '@typernetes/api/core/v1';
import { isGlobalUnicast, parseIpAddress, type Random } from '@typernetes/base';
import { badRequest, isNotFound, notFound, StatusError } from '@typernetes/machinery';
import type { StoredCall } from '../handlers/resource-call.ts';
import type { Backend } from './backend.ts';
import { type KubeletAccess, kubeletBackend } from './pod-handlers.ts';

/** The target in a proxy path: `[scheme:]name[:port]`. */
interface ProxyTarget {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** Empty if none is named. */
  readonly port: string;
}

/** Throws BadRequest in upstream's words; `what` is the kind of the target. */
function targetOf(text: string, what: string): ProxyTarget {
  const parts = text.split(':');
  const [scheme, name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme ?? ''))
    throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

/** The node's kubelet, as this server talks to it; by any other port whatever listens there (upstream: `registry/core/node/strategy.go`). */
export async function nodeBackend(access: KubeletAccess, { name: text }: StoredCall, path: string): Promise<Backend> {
  const { scheme, name, port } = targetOf(text, 'node');
  const kubelet = await kubeletBackend(access, name, path, nodes);
  if (port === '' || port === String(kubelet.port)) return kubelet;
  const addresses = await lookup(kubelet.host, { all: true });
  for (const { address } of addresses) checkAddress(address);
  return backend(scheme, kubelet.host, Number(port), path);
}

/** The pod's address, with the named port or the first that it declares (upstream: `registry/core/pod/strategy.go`). */
export async function podBackend({ storage, namespace, name }: StoredCall, path: string): Promise<Backend> {
  const target = targetOf(name, 'pod');
  const pod = (await storage.get(namespace, target.name)).object as Pod;
  const host = pod.status?.podIP ?? '';
  checkAddress(host);
  const declared = pod.spec.containers.flatMap(({ ports = [] }) => ports);
  const standard = target.scheme === 'https' ? 443 : 80;
  if (target.port === '') return backend(target.scheme, host, declared[0]?.containerPort ?? standard, path);
  const named = declared.find((one) => one.name === target.port)?.containerPort;
  return backend(target.scheme, host, named ?? Number(target.port), path);
}

/**
 * Any one ready pod behind the service. Manually written endpoints are followed only if they are addresses of pods in
 * the namespace: whoever may write endpoints must not gain this server's reach (upstream:
 * `registry/core/service/storage/storage.go`).
 */
export async function serviceBackend(
  access: KubeletAccess & { readonly random: Random },
  { storage, namespace, name: text }: StoredCall,
  path: string,
): Promise<Backend> {
  const { scheme, name, port } = targetOf(text, 'service');
  const service = (await storage.get(namespace, name)).object as Service;
  const wanted = /^\d+$/.test(port) ? portName(service, Number(port)) : port;
  const { subsets = [] } = await endpointsOf(access, namespace, name);
  for (const subset of startingAnywhere(subsets, access.random)) {
    const found = subset.ports?.find((one) => (one.name ?? '') === wanted);
    if (!found) continue;
    for (const address of startingAnywhere(subset.addresses ?? [], access.random))
      if (await isOfPod(access, namespace, address)) return backend(scheme, address.ip, found.port, path);
  }
  throw unavailable(`no endpoints available for service ${JSON.stringify(text)}`);
}

function portName({ metadata, spec }: Service, port: number): string {
  const found = spec?.ports?.find((one) => one.port === port);
  if (!found) throw unavailable(`no service port ${port} found for service ${JSON.stringify(metadata.name)}`);
  return found.name ?? '';
}

/** As upstream, missing endpoints are reported as a missing service. */
async function endpointsOf({ router }: KubeletAccess, namespace: string, name: string): Promise<Endpoints> {
  try {
    return (await router.storageOf(endpoints).get(namespace, name)).object as Endpoints;
  } catch (error) {
    throw isNotFound(error) ? notFound(services, name) : error;
  }
}

async function isOfPod({ router }: KubeletAccess, namespace: string, address: EndpointAddress): Promise<boolean> {
  const { targetRef, ip } = address;
  if (!targetRef?.name || targetRef.namespace !== namespace) return false;
  try {
    const pod = (await router.storageOf(pods).get(namespace, targetRef.name)).object as Pod;
    return pod.status?.podIPs?.some((one) => one.ip === ip) ?? false;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** All items in turn, from a random one on. */
function startingAnywhere<T>(items: readonly T[], random: Random): readonly T[] {
  const first = Math.floor(random.next() * items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/** Loopback and link-local or multicast addresses are this server's own and must not be reachable by others. */
function checkAddress(text: string): void {
  const address = parseIpAddress(text);
  if (!address || !isGlobalUnicast(address)) throw badRequest('address not allowed');
}

const backend = (scheme: 'http' | 'https', host: string, port: number, path: string): Backend => ({
  host,
  port,
  path,
  ...(scheme === 'https' ? { tls: {} } : {}),
});

const unavailable = (message: string): StatusError => new StatusError('ServiceUnavailable', message);
