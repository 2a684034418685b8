import type { Pod } from '@typernetes/api/core/v1';
import type { Refusal } from './node-fit.ts';

/** Kernel settings that a pod may change without harm to others (upstream: SafeSysctlAllowlist). */
const safe = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

/** The first separator decides: `net/ipv4/conf/eth0.1/forwarding` has dots in its parts. */
export function dottedSysctl(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? name.replace(/[./]/g, (c) => (c === '/' ? '.' : '/')) : name;
}

/** Why the pod's kernel settings are not allowed; undefined when they are. `unsafe` are names, or prefixes that end in `*`. */
export function sysctlRefusal({ spec }: Pod, unsafe: readonly string[]): Refusal | undefined {
  for (const { name } of spec?.securityContext?.sysctls ?? []) {
    const problem = problemOf(dottedSysctl(name), spec, unsafe);
    if (problem) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${dottedSysctl(name)}" ${problem}` };
  }
  return undefined;
}

function problemOf(name: string, spec: Pod['spec'], unsafe: readonly string[]): string | undefined {
  const allowed = [...safe, ...unsafe.map(dottedSysctl)].some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
  if (!allowed) return 'not allowlisted';
  if (name.startsWith('net.')) return spec?.hostNetwork ? 'not allowed with host net enabled' : undefined;
  return spec?.hostIPC ? 'not allowed with host ipc enabled' : undefined;
}
