import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '@typernetes/base';

/** Settings of the kernel's connection tracking table; 0 leaves a setting as it is. */
export interface ConntrackConfig {
  /** Connections per core. */
  readonly maxPerCore: number;
  /** The minimum number of connections. */
  readonly min: number;
  readonly tcpEstablishedSeconds: number;
  readonly tcpCloseWaitSeconds: number;
  readonly tcpBeLiberal: boolean;
  readonly udpSeconds: number;
  readonly udpStreamSeconds: number;
}

/** A kernel setting: its file and its value. */
interface ConntrackSetting {
  readonly file: string;
  readonly value: number;
  /** Keep a larger value: somebody else chose it, and it serves as well. */
  readonly atLeast?: true;
}

const sysctl = (name: string): string => `proc/sys/net/netfilter/nf_conntrack_${name}`;

/** The settings that upstream makes when kube-proxy starts (`pkg/proxy/conntrack/sysctls.go`), in its order. */
export function conntrackSettings(config: ConntrackConfig, cores: number): ConntrackSetting[] {
  const max = config.maxPerCore > 0 ? Math.max(config.maxPerCore * cores, config.min) : 0;
  const settings: ConntrackSetting[] = [
    { file: sysctl('max'), value: max, atLeast: true },
    // Four connections per bucket.
    { file: 'sys/module/nf_conntrack/parameters/hashsize', value: Math.floor(max / 4), atLeast: true },
    { file: sysctl('tcp_timeout_established'), value: config.tcpEstablishedSeconds },
    { file: sysctl('tcp_timeout_close_wait'), value: config.tcpCloseWaitSeconds },
    { file: sysctl('tcp_be_liberal'), value: config.tcpBeLiberal ? 1 : 0 },
    { file: sysctl('udp_timeout'), value: config.udpSeconds },
    { file: sysctl('udp_timeout_stream'), value: config.udpStreamSeconds },
  ];
  return settings.filter(({ value }) => value > 0);
}

/**
 * Containers and network namespaces may see the settings read-only or not at all; then they are the host's business.
 */
const refusals = ['EROFS', 'EACCES', 'EPERM', 'EOPNOTSUPP', 'ENOENT'];

/** Writes the settings that differ. Returns a line for each one that the kernel refuses; throws for other failures. */
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
