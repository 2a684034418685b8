import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '@typernetes/base';

/** What the kernel's table of connections shall be like; 0 leaves a setting as it is. */
export interface ConntrackConfig {
  /** Connections for each core. */
  readonly maxPerCore: number;
  /** Connections at least. */
  readonly min: number;
  readonly tcpEstablishedSeconds: number;
  readonly tcpCloseWaitSeconds: number;
  readonly tcpBeLiberal: boolean;
  readonly udpSeconds: number;
  readonly udpStreamSeconds: number;
}

/** One file of the kernel's and the number that it shall hold. */
export interface ConntrackSetting {
  readonly file: string;
  readonly value: number;
  /** A larger number is left: others chose it, and it serves as well. */
  readonly atLeast?: true;
}

const sysctl = (name: string): string => `proc/sys/net/netfilter/nf_conntrack_${name}`;

/** What upstream sets when kube-proxy starts (`pkg/proxy/conntrack/sysctls.go`), in its order. */
export function conntrackSettings(config: ConntrackConfig, cores: number): ConntrackSetting[] {
  const max = config.maxPerCore > 0 ? Math.max(config.maxPerCore * cores, config.min) : 0;
  const settings: ConntrackSetting[] = [
    { file: sysctl('max'), value: max, atLeast: true },
    // Four connections to a bucket.
    { file: 'sys/module/nf_conntrack/parameters/hashsize', value: Math.floor(max / 4), atLeast: true },
    { file: sysctl('tcp_timeout_established'), value: config.tcpEstablishedSeconds },
    { file: sysctl('tcp_timeout_close_wait'), value: config.tcpCloseWaitSeconds },
    { file: sysctl('tcp_be_liberal'), value: config.tcpBeLiberal ? 1 : 0 },
    { file: sysctl('udp_timeout'), value: config.udpSeconds },
    { file: sysctl('udp_timeout_stream'), value: config.udpStreamSeconds },
  ];
  return settings.filter(({ value }) => value > 0);
}

/** Containers and network namespaces may see them read-only or not at all: then they are the machine's own business. */
const refusals = ['EROFS', 'EACCES', 'EPERM', 'EOPNOTSUPP', 'ENOENT'];

/** Writes what is not so yet. Returns a line for each setting that the kernel does not let us change; throws for other failures. */
export function applyConntrack(settings: readonly ConntrackSetting[], root = '/'): string[] {
  const problems: string[] = [];
  for (const { file, value, atLeast = false } of settings) {
    const path = join(root, file);
    try {
      const current = Number(readFileSync(path, 'utf8'));
      if (current !== value && !(atLeast && current > value)) writeFileSync(path, String(value));
    } catch (error) {
      if (!refusals.includes(codeOf(error) ?? '')) throw error;
      problems.push(messageOf(error));
    }
  }
  return problems;
}
