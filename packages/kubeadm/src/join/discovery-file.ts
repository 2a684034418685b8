import type { AuthInfo, Cluster } from '@typernetes/api/clientcmd/v1';
import type { ConfigMap } from '@typernetes/api/core/v1';
import { parseKubeconfig } from '@typernetes/client';
import { formatDuration } from '@typernetes/process';
import { poll } from '../cluster/poll.ts';
import type { DiscoveredCluster, DiscoveryDeps } from './discovered-cluster.ts';

/**
 * Discovers the cluster from a kubeconfig, a file or an https URL (verified by the system's CAs). Its API server must have a
 * certificate of the kubeconfig's CA; its response does not matter.
 */
export async function discoverByFile(
  path: string,
  deps: DiscoveryDeps,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<DiscoveredCluster> {
  const text = path.startsWith('https://') ? await download(path, deps, options.signal) : await deps.files.read(path);
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  const config = parseKubeconfig(text, path.slice(0, path.lastIndexOf('/')));
  const context = config.contexts[config.currentContext];
  const clusters = Object.values(config.clusters);
  if (clusters.length === 0) throw new Error('the provided kubeconfig file must have at least one Cluster defined');
  const cluster = (context && config.clusters[context.cluster]) ?? (clusters.length === 1 ? clusters[0] : undefined);
  if (!cluster) {
    throw new Error(
      'the provided kubeconfig file is malformed: the current context is invalid: no such context exists in the kubeconfig',
    );
  }
  const user = await embedded(context && config.users[context.user], deps);
  const caCertificate = await authorityOf(cluster, deps);
  await refuseOtherServers({ server: cluster.server, caCertificate, user }, deps, options);
  return { server: cluster.server, caCertificate, ...(user ? { user } : {}) };
}

async function download(url: string, { network }: DiscoveryDeps, signal: AbortSignal): Promise<string> {
  const { status, body } = await network.get(url, { signal, verify: true });
  if (status !== 200) throw new Error(`Get "${url}": HTTP status ${status}`);
  return body;
}

async function authorityOf(cluster: Cluster, { files }: DiscoveryDeps): Promise<string> {
  const data = cluster['certificate-authority-data'];
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const file = cluster['certificate-authority'];
  const text = file ? await files.read(file) : undefined;
  if (text !== undefined) return text;
  throw new Error(
    file
      ? `open ${file}: no such file or directory`
      : 'the kubeconfig of the cluster has no certificate-authority-data',
  );
}

/** The kubeconfig's credentials, with file contents embedded; undefined if it has none. */
async function embedded(user: AuthInfo | undefined, { files }: DiscoveryDeps): Promise<AuthInfo | undefined> {
  if (!user) return undefined;
  const content = async (path: string | undefined): Promise<string | undefined> => {
    if (!path) return undefined;
    const text = await files.read(path);
    if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
    return text;
  };
  const base64 = (text: string | undefined): string | undefined => text && Buffer.from(text).toString('base64');
  const token = user.token ?? (await content(user.tokenFile))?.trim();
  const certificate = user['client-certificate-data'] ?? base64(await content(user['client-certificate']));
  const key = user['client-key-data'] ?? base64(await content(user['client-key']));
  const found = {
    ...(token ? { token } : {}),
    ...(certificate && key ? { 'client-certificate-data': certificate, 'client-key-data': key } : {}),
    ...(user.exec ? { exec: user.exec } : {}),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}

async function refuseOtherServers(
  { server, caCertificate, user }: { server: string; caCertificate: string; user: AuthInfo | undefined },
  { network, clock }: DiscoveryDeps,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const decoded = (data: string | undefined): string | undefined =>
    data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
  const [cert, key] = [decoded(user?.['client-certificate-data']), decoded(user?.['client-key-data'])];
  const url = `${server}/api/v1/namespaces/kube-public/configmaps/cluster-info`;
  const attempt = async (): Promise<ConfigMap | true> => {
    const { status } = await network.get(url, { ca: caCertificate, signal, ...(cert && key ? { cert, key } : {}) });
    // Even a refusal shows that it is the right server.
    if (status === 200 || status === 401 || status === 403) return true;
    throw new Error(`failed to request the cluster-info ConfigMap: HTTP status ${status}`);
  };
  try {
    await poll(attempt, { clock, timeoutMs, signal, everyMs: 1000 });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`Abort reading the cluster-info ConfigMap after timeout of ${formatDuration(timeoutMs)}`, {
      cause: error,
    });
  }
}
