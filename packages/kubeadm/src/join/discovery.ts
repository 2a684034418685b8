import type { Cluster } from '@typernetes/api/clientcmd/v1';
import type { ConfigMap } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { parseKubeconfig } from '@typernetes/client';
import {
  clusterInfoSignatureKey,
  parseBootstrapToken,
  publicKeyHash,
  readCertificates,
  verifyDetached,
} from '@typernetes/pki';
import { poll } from '../cluster/poll.ts';
import type { Discovery, TokenDiscovery } from '../config/internal.ts';
import type { Network } from '../host.ts';
import { logStep } from '../log-lines.ts';
import type { DiscoveredCluster, DiscoveryDeps } from './discovered-cluster.ts';
import { discoverByFile } from './discovery-file.ts';
import { statusMessage } from './status-message.ts';

/** client-go tells the server how long it waits. */
const answerMs = 10_000;
const clusterInfoPath = `/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=${answerMs / 1000}s`;

/**
 * A new token is signed within moments. If the leading controller manager has just ended, the next one signs it once the lease of 15 s has expired. A token
 * without a signature after this time does not exist, or has expired.
 */
const signaturePatienceMs = 30_000;

/** Short, because the server has just responded, and a wrong certificate will not become right. */
const sameServerPatienceMs = 5000;

/** Finds and verifies the cluster. Every error says that the API server's identity could not be established, and why. */
export async function discover(
  discovery: Discovery,
  deps: DiscoveryDeps,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<DiscoveredCluster> {
  try {
    return discovery.kind === 'file'
      ? await discoverByFile(discovery.path, deps, options)
      : await byToken(discovery, deps, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw new Error("couldn't validate the identity of the API Server", { cause: error });
  }
}

async function byToken(
  discovery: TokenDiscovery,
  { network, clock, output }: DiscoveryDeps,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<DiscoveredCluster> {
  const { signal, timeoutMs } = options;
  const url = `https://${discovery.endpoint}${clusterInfoPath}`;
  const server = JSON.stringify(discovery.endpoint);
  const created = `[discovery] Created cluster-info discovery client, requesting info from ${server}`;
  logStep(output, 'token.go:72', created);
  const read = (ca?: string): Promise<ConfigMap> =>
    readClusterInfo(network, url, { signal, ...(ca === undefined ? {} : { ca }) }).catch((error: unknown) => {
      const { cause } = error as Error;
      if (cause)
        logStep(
          output,
          'token.go:232',
          `[discovery] Failed to request cluster-info, will try again: ${messagesOf(cause)}`,
        );
      throw error;
    });
  // The connection is not verified yet: the response is used only after its signature and the CA's hash have been verified.
  const unanswered = `${notRequested}: Get "${url}": context deadline exceeded`;
  const info = await poll(() => read(), { clock, timeoutMs, signal, unanswered });
  const id = parseBootstrapToken(discovery.token)?.id ?? '';
  const waiting = `for the cluster-info ConfigMap to receive a JWS signature for token ID "${id}"`;
  logStep(output, 'token.go:230', `[discovery] Waiting ${waiting}`);
  const signed = await poll(
    async () => {
      const latest = info.data?.[clusterInfoSignatureKey(id)] === undefined ? await read() : info;
      if (latest.data?.[clusterInfoSignatureKey(id)] === undefined) {
        throw new Error(`could not find a JWS signature in the cluster-info ConfigMap for token ID "${id}"`);
      }
      return latest;
    },
    { clock, timeoutMs: Math.min(timeoutMs, signaturePatienceMs), signal, everyMs: 200 },
  );
  const cluster = verifyClusterInfo(signed, discovery);
  if (discovery.caCertHashes.length > 0) {
    // The server must also have a certificate of the pinned CA.
    const ca = cluster.caCertificate;
    const why = 'to validate TLS against the pinned public key';
    logStep(output, 'token.go:127', `[discovery] Requesting info from ${server} again ${why}`);
    const again = await poll(() => read(ca), {
      clock,
      timeoutMs: Math.min(timeoutMs, sameServerPatienceMs),
      signal,
    });
    if (again.data?.kubeconfig !== signed.data?.kubeconfig) {
      throw new Error(
        'the second kubeconfig from the cluster-info ConfigMap (using validated TLS) was different from the first',
      );
    }
    const valid = 'Cluster info signature and contents are valid and TLS certificate validates against pinned roots';
    logStep(output, 'token.go:150', `[discovery] ${valid}, will use API Server ${server}`);
  }
  if (discovery.caCertHashes.length === 0) {
    const valid = 'Cluster info signature and contents are valid and no TLS pinning was specified';
    logStep(output, 'token.go:121', `[discovery] ${valid}, will use API Server ${server}`);
  }
  return cluster;
}

const notRequested = 'failed to request the cluster-info ConfigMap';

async function readClusterInfo(
  network: Pick<Network, 'get'>,
  url: string,
  options: { signal: AbortSignal; ca?: string },
): Promise<ConfigMap> {
  const answer = await network.get(url, { ...options, timeoutMs: answerMs }).catch((error: unknown) => {
    options.signal.throwIfAborted();
    throw new Error(notRequested, { cause: error });
  });
  if (answer.status === 200) return JSON.parse(answer.body) as ConfigMap;
  throw new Error(`${notRequested}: ${statusMessage(answer)}`);
}

/** Checks the signature made with the token, and the pinned hash of the CA. Pure. */
export function verifyClusterInfo(
  info: Pick<ConfigMap, 'data'>,
  discovery: Pick<TokenDiscovery, 'token' | 'caCertHashes'>,
): DiscoveredCluster {
  const token = parseBootstrapToken(discovery.token);
  if (!token) throw new Error(`the bootstrap token "${discovery.token}" is invalid`);
  const kubeconfig = info.data?.kubeconfig ?? '';
  if (kubeconfig === '') {
    throw new Error(
      "there is no kubeconfig key in the cluster-info ConfigMap. This API Server isn't set up for token bootstrapping, can't connect",
    );
  }
  const signature = info.data?.[clusterInfoSignatureKey(token.id)];
  if (signature === undefined) {
    throw new Error(`could not find a JWS signature in the cluster-info ConfigMap for token ID "${token.id}"`);
  }
  if (!verifyDetached(kubeconfig, signature, token)) {
    throw new Error("failed to verify JWS signature of received cluster info object, can't trust this API Server");
  }
  const cluster = onlyCluster(Object.values(parseKubeconfig(kubeconfig).clusters));
  const found = readCertificates(cluster.caCertificate).map(publicKeyHash);
  const pinned = discovery.caCertHashes.map((hash) => hash.toLowerCase());
  if (pinned.length > 0 && !found.some((hash) => pinned.includes(hash))) {
    throw new Error(
      `cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${found.join(':')}" are pinned`,
    );
  }
  return cluster;
}

function onlyCluster(clusters: readonly Cluster[]): DiscoveredCluster {
  const [cluster] = clusters;
  if (!cluster) throw new Error('the kubeconfig of the cluster names no cluster');
  const ca = cluster['certificate-authority-data'];
  if (ca === undefined) throw new Error('the kubeconfig of the cluster has no certificate-authority-data');
  return { server: cluster.server, caCertificate: Buffer.from(ca, 'base64').toString('utf8') };
}
