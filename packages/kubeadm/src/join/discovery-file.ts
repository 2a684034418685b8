import type { AuthInfo, Cluster } from '@typernetes/api/clientcmd/v1';
import type { ConfigMap } from '@typernetes/api/core/v1';
import { parseKubeconfig } from '@typernetes/client';
import { formatDuration } from '@typernetes/process';
import { failed } from '../certs/certificate-store.ts';
import { poll } from '../cluster/poll.ts';
import { requireText } from '../required-file.ts';
import type { DiscoveredCluster, DiscoveryDeps } from './discovered-cluster.ts';
import { statusMessage } from './status-message.ts';

/**
 * Discovers the cluster from a kubeconfig, a file or an https URL (verified by the system's CAs). Its API server must have a
 * certificate of the kubeconfig's CA. Without one the system's count, and the cluster-info ConfigMap says which CA to trust from then on.
 */
export async function discoverByFile(
  path: string,
  deps: DiscoveryDeps,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<DiscoveredCluster> {
  const text = path.startsWith('https://')
    ? await download(path, deps, options.signal)
    : await requireText(deps.files, path);
  const config = parseKubeconfig(text, path.slice(0, path.lastIndexOf('/')));
  const context = config.contexts[config.currentContext];
  if (Object.keys(config.clusters).length === 0) {
    throw new Error('the provided kubeconfig file must have at least one Cluster defined');
  }
  const cluster = config.clusters[''] ?? (context && config.clusters[context.cluster]);
  if (!cluster) {
    throw new Error(
      'the provided kubeconfig file must have a unnamed Cluster or a CurrentContext that specifies a non-nil Cluster',
    );
  }
  const user = await embedded(context && config.users[context.user], deps);
  const given = await authorityOf(cluster, deps);
  const info = await askServer({ server: cluster.server, caCertificate: given, user }, deps, options);
  const caCertificate = given ?? authorityIn(info);
  if (caCertificate === undefined) throw new Error('the kubeconfig of the cluster has no certificate-authority-data');
  return { server: cluster.server, caCertificate, ...(user ? { user } : {}) };
}

async function download(url: string, { network }: DiscoveryDeps, signal: AbortSignal): Promise<string> {
  const { status, body } = await network.get(url, { signal, verify: true });
  if (status !== 200) throw new Error(`Get "${url}": HTTP status ${status}`);
  return body;
}

async function authorityOf(cluster: Cluster, { files }: DiscoveryDeps): Promise<string | undefined> {
  const data = cluster['certificate-authority-data'];
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const file = cluster['certificate-authority'];
  if (!file) return undefined;
  return requireText(files, file).catch(failed('error while reading certificate authority file defined in kubeconfig'));
}

/** The CA that a cluster-info ConfigMap names. */
function authorityIn(info: ConfigMap | undefined): string | undefined {
  const [cluster] = Object.values(parseKubeconfig(info?.data?.kubeconfig ?? '').clusters);
  const data = cluster?.['certificate-authority-data'];
  return data ? Buffer.from(data, 'base64').toString('utf8') : undefined;
}

/** The kubeconfig's credentials, with file contents embedded; undefined if it has none. */
async function embedded(user: AuthInfo | undefined, { files }: DiscoveryDeps): Promise<AuthInfo | undefined> {
  if (!user) return undefined;
  const content = async (what: string, path: string | undefined): Promise<string | undefined> =>
    path ? requireText(files, path).catch(failed(`error while reading ${what} file defined in kubeconfig`)) : undefined;
  const base64 = (text: string | undefined): string | undefined => text && Buffer.from(text).toString('base64');
  const token = user.token ?? (await content('token', user.tokenFile))?.trim();
  const certificate =
    user['client-certificate-data'] ?? base64(await content('client cert', user['client-certificate']));
  const key = user['client-key-data'] ?? base64(await content('client key', user['client-key']));
  const found = {
    ...(token ? { token } : {}),
    ...(certificate && key ? { 'client-certificate-data': certificate, 'client-key-data': key } : {}),
    ...(user.exec ? { exec: user.exec } : {}),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}

/** Asks the server for cluster-info, which shows that it is the right one. Undefined where it does not give that to us. */
async function askServer(
  of: { server: string; caCertificate: string | undefined; user: AuthInfo | undefined },
  { network, clock }: DiscoveryDeps,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<ConfigMap | undefined> {
  const { server, caCertificate, user } = of;
  const decoded = (data: string | undefined): string | undefined =>
    data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
  const [cert, key] = [decoded(user?.['client-certificate-data']), decoded(user?.['client-key-data'])];
  const identity = cert && key ? { cert, key } : undefined;
  const trust = caCertificate === undefined ? { verify: true } : { ca: caCertificate };
  const url = `${server}/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s`;
  const attempt = async (): Promise<{ info?: ConfigMap }> => {
    const { status, body } = await network.get(url, { ...trust, ...identity, signal });
    if (status === 200) return { info: JSON.parse(body) as ConfigMap };
    // Even a refusal shows that it is the right server; but credentials that it does not know would not do later either.
    if (status === 403 || (status === 401 && !identity)) return {};
    throw new Error(statusMessage({ status, body }));
  };
  try {
    return (await poll(attempt, { clock, timeoutMs, signal, everyMs: 1000 })).info;
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`Abort reading the cluster-info ConfigMap after timeout of ${formatDuration(timeoutMs)}`, {
      cause: error,
    });
  }
}
