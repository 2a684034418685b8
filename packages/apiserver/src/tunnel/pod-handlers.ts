import { type Node, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import type { Dial } from '@typernetes/client';
import { badRequest, isNotFound, isTrueParameter, notFound } from '@typernetes/machinery';
import type { CallHandler, StoredCall } from '../handlers/resource-call.ts';
import type { ResourceRouter } from '../handlers/resource-router.ts';
import type { PodLogMetrics } from '../observers/pod-log-metrics.ts';
import { asksForWebSocket, offeredProtocols } from '../websocket/accept.ts';
import { forbiddenHandshake, refusedHandshake } from '../websocket/refused-handshake.ts';
import { replyOverWebSocket } from '../websocket/reply.ts';
import { admitConnect } from './admit-connect.ts';
import type { Backend } from './backend.ts';
import { forwardToKubelet } from './forward.ts';
import { logQuery, streamQuery } from './kubelet-query.ts';
import { checkLogOptions } from './log-options.ts';
import { containerOf, kubeletEndpointOf, nodeNameOf } from './node-endpoint.ts';
import { tunneledProtocols, tunnelPortForward } from './port-forward.ts';
import { speaksWithClose, translateRemoteCommand } from './remote-command.ts';
import { tunnelUpgrade } from './upgrade.ts';

export interface KubeletAccess {
  readonly router: ResourceRouter;
  readonly addressTypes: readonly string[];
  /** The client certificate for kubelets, and the CA that verifies them; the same object while they do not change. */
  readonly tls: () => NonNullable<Backend['tls']>;
  /** Connects to nodes and pods; default: TCP. */
  readonly dial?: Dial | undefined;
}

/** The subresources of pods that their node's kubelet answers. */
export function podTunnelHandlers(access: KubeletAccess, metrics?: PodLogMetrics): [string, CallHandler][] {
  /** For requests that skip verification of the kubelet; one object for each, since connections are pooled by it. */
  const unverifiedOf = new WeakMap<object, NonNullable<Backend['tls']>>();
  const unverified = {
    ...access,
    tls: () => {
      const tls = access.tls();
      const known = unverifiedOf.get(tls) ?? { ...tls, verify: false };
      unverifiedOf.set(tls, known);
      return known;
    },
  };
  return [
    [
      'pods/log',
      async (call) => {
        const insecure = isInsecure(call.context.request.query);
        metrics?.asked(insecure);
        try {
          return await logs(call, insecure ? unverified : access);
        } catch (error) {
          metrics?.failed(error);
          throw error;
        }
      },
    ],
    ['pods/exec', (call) => stream(call, access, 'exec')],
    ['pods/attach', (call) => stream(call, access, 'attach')],
    ['pods/portforward', (call) => portForward(call, access)],
  ];
}

const isInsecure = (query: URLSearchParams): boolean => {
  const said = query.get('insecureSkipTLSVerifyBackend');
  return said !== null && isTrueParameter(said);
};

const podOf = async ({ storage, namespace, name }: StoredCall): Promise<Pod> =>
  (await storage.get(namespace, name)).object as Pod;

/** `of`: the requested object, which upstream's error about a missing node names. */
export async function kubeletBackend(
  access: KubeletAccess,
  nodeName: string,
  path: string,
  of: { readonly group: string; readonly plural: string } = pods,
): Promise<Backend> {
  const node = await nodeOf(access, nodeName, of);
  return { ...kubeletEndpointOf(node, access.addressTypes), tls: access.tls(), dial: access.dial, path };
}

async function nodeOf(access: KubeletAccess, name: string, of: { group: string; plural: string }): Promise<Node> {
  try {
    return (await access.router.storageOf(nodes).get('', name)).object as Node;
  } catch (error) {
    throw isNotFound(error) ? notFound(of, name) : error;
  }
}

const base64Protocol = 'base64.binary.k8s.io';
const logProtocols = ['binary.k8s.io', base64Protocol];

async function logs(call: StoredCall, access: KubeletAccess) {
  const { query } = call.context.request;
  checkLogOptions(call.name, query);
  const pod = await podOf(call);
  const container = containerOf(pod, query.get('container') ?? '');
  // Nothing runs yet: there is no log.
  if (!pod.spec.nodeName) return { status: 204, headers: {}, body: undefined };
  const path = `/containerLogs/${pod.metadata.namespace}/${pod.metadata.name}/${container}`;
  const text = logQuery(query).toString();
  const backend = await kubeletBackend(access, pod.spec.nodeName, text === '' ? path : `${path}?${text}`);
  const { request } = call.context;
  if (!asksForWebSocket(request)) return await forwardToKubelet(backend, request);
  const refusal = refusedHandshake(request, 'plain');
  if (refusal) return refusal;
  const offered = offeredProtocols(request);
  const protocol = offered.find((one) => logProtocols.includes(one));
  if (protocol === undefined && offered.length > 0) return forbiddenHandshake;
  const log = await forwardToKubelet(backend, request);
  const as = protocol === base64Protocol ? 'base64' : 'binary';
  return await replyOverWebSocket(log, request, { protocol, as, isGreeted: true });
}

async function stream(call: StoredCall, access: KubeletAccess, what: 'exec' | 'attach') {
  await admitConnect(call);
  const { query } = call.context.request;
  const pod = await podOf(call);
  const container = containerOf(pod, query.get('container') ?? '');
  const node = nodeNameOf(pod);
  const phase = pod.status?.phase ?? '';
  if (phase === 'Succeeded' || phase === 'Failed')
    throw badRequest(
      what === 'exec'
        ? `cannot exec into a container in a completed pod; current phase is ${phase}`
        : `cannot attach a container in a completed pod; current phase is ${phase}`,
    );
  const path = `/${what}/${pod.metadata.namespace}/${pod.metadata.name}/${container}?${streamQuery(query)}`;
  const backend = await kubeletBackend(access, node, path);
  const { request } = call.context;
  return asksForWebSocket(request) && speaksWithClose(request)
    ? await translateRemoteCommand(backend, request)
    : await tunnelUpgrade(backend, request);
}

async function portForward(call: StoredCall, access: KubeletAccess) {
  await admitConnect(call);
  const pod = await podOf(call);
  const ports = call.context.request.query.getAll('ports').flatMap((list) => list.split(','));
  const query = ports.map((port) => `port=${encodeURIComponent(port)}`).join('&');
  const path = `/portForward/${pod.metadata.namespace}/${pod.metadata.name}${query === '' ? '' : `?${query}`}`;
  const backend = await kubeletBackend(access, nodeNameOf(pod), path);
  const { request } = call.context;
  return asksForWebSocket(request) && tunneledProtocols(request).length > 0
    ? await tunnelPortForward(backend, request)
    : await tunnelUpgrade(backend, request);
}
