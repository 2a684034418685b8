import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostAlias, Pod } from '@typernetes/api/core/v1';
import { hostnameOf } from '../runtime/sandbox-config.ts';

/** The hosts file of a pod with its own network. */
export function managedHosts(pod: Pod, ips: readonly string[], clusterDomain: string): string {
  const { hostname, domain } = hostnameOf(pod, clusterDomain);
  const names = domain ? `${hostname}.${domain}\t${hostname}` : hostname;
  return [
    '# Kubernetes-managed hosts file.\n',
    '127.0.0.1\tlocalhost\n',
    '::1\tlocalhost ip6-localhost ip6-loopback\n',
    'fe00::0\tip6-localnet\n',
    'fe00::0\tip6-mcastprefix\n',
    'fe00::1\tip6-allnodes\n',
    'fe00::2\tip6-allrouters\n',
    ...ips.map((ip) => `${ip}\t${names}\n`),
    hostAliases(pod.spec?.hostAliases),
  ].join('');
}

/** The hosts file of a pod in the node's network: the node's own, and the aliases. */
function nodeHosts(pod: Pod, nodeFile: string): string {
  const header = '# Kubernetes-managed hosts file (host network).\n';
  return `${header}${nodeFile}${hostAliases(pod.spec?.hostAliases)}`;
}

function hostAliases(aliases: readonly HostAlias[] | undefined): string {
  if (!aliases?.length) return '';
  const lines = aliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}

/** Writes the pod's hosts file and returns its path. */
export async function writeHostsFile(
  pod: Pod,
  options: { podDir: string; ips: readonly string[]; clusterDomain: string },
): Promise<string> {
  const path = join(options.podDir, 'etc-hosts');
  const text = pod.spec?.hostNetwork
    ? nodeHosts(pod, await readFile('/etc/hosts', 'utf8'))
    : managedHosts(pod, options.ips, options.clusterDomain);
  await mkdir(options.podDir, { recursive: true });
  await writeFile(path, text, { mode: 0o644 });
  return path;
}
