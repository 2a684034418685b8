import type { Container, Pod, PodSpec } from '@typernetes/api/core/v1';
import { containersOf } from '../pod-references.ts';

/** The levels of the Pod Security Standards; each allows less than the one before. */
export const levels = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof levels)[number];

/** What a check looks at: a pod, or the template of one. */
export type CheckedPod = Pick<Pod, 'spec'>;

/** One rule of a level. `find` says what breaks it, or undefined. */
export interface Check {
  readonly level: Exclude<Level, 'privileged'>;
  readonly reason: string;
  find(pod: CheckedPod): string | undefined;
}

const defaultCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

const restrictedVolumeTypes: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const seLinuxTypes: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);
const goodSeccomp: ReadonlySet<string | undefined> = new Set(['RuntimeDefault', 'Localhost']);

/** All checks, by the names under which upstream orders them. */
export const checks: readonly Check[] = [
  {
    level: 'restricted',
    reason: 'allowPrivilegeEscalation != false',
    find: ({ spec }) =>
      offenders(
        spec,
        ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
        'must set securityContext.allowPrivilegeEscalation=false',
      ),
  },
  {
    level: 'baseline',
    reason: 'non-default capabilities',
    find: ({ spec }) => {
      const extra = (one: Container): string[] =>
        (one.securityContext?.capabilities?.add ?? []).filter((capability) => !defaultCapabilities.has(capability));
      const named = [...new Set(containersOf(spec).flatMap(extra))].sort().map(quote).join(', ');
      return offenders(
        spec,
        (one) => extra(one).length > 0,
        `must not include ${named} in securityContext.capabilities.add`,
      );
    },
  },
  {
    level: 'restricted',
    reason: 'unrestricted capabilities',
    find: ({ spec }) => {
      const keeps = ({ securityContext }: Container): boolean => !securityContext?.capabilities?.drop?.includes('ALL');
      const extra = (one: Container): string[] =>
        (one.securityContext?.capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE');
      const named = [...new Set(containersOf(spec).flatMap(extra))].sort().map(quote).join(', ');
      return joined([
        offenders(spec, keeps, 'must set securityContext.capabilities.drop=["ALL"]'),
        offenders(
          spec,
          (one) => extra(one).length > 0,
          `must not include ${named} in securityContext.capabilities.add`,
        ),
      ]);
    },
  },
  {
    level: 'baseline',
    reason: 'host namespaces',
    find: ({ spec }) =>
      joined(
        (['hostNetwork', 'hostPID', 'hostIPC'] as const).map((field) => (spec[field] ? `${field}=true` : undefined)),
      ),
  },
  {
    level: 'baseline',
    reason: 'hostPath volumes',
    find: ({ spec }) =>
      named(
        'volume',
        (spec.volumes ?? []).filter((volume) => volume.hostPath).map((volume) => volume.name),
      ),
  },
  {
    level: 'baseline',
    reason: 'hostPort',
    find: ({ spec }) => {
      const ports = (one: Container): number[] =>
        (one.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
      const all = [...new Set(containersOf(spec).flatMap(ports))].sort((a, b) => a - b);
      const which = `${all.length === 1 ? 'hostPort' : 'hostPorts'} ${all.join(', ')}`;
      const users = containersOf(spec)
        .filter((one) => ports(one).length > 0)
        .map((one) => one.name);
      return users.length === 0
        ? undefined
        : `${named('container', users)} ${users.length === 1 ? 'uses' : 'use'} ${which}`;
    },
  },
  {
    level: 'baseline',
    reason: 'privileged',
    find: ({ spec }) =>
      offenders(
        spec,
        ({ securityContext }) => securityContext?.privileged === true,
        'must not set securityContext.privileged=true',
      ),
  },
  {
    level: 'baseline',
    reason: 'procMount',
    find: ({ spec }) =>
      offenders(
        spec,
        ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default',
        'must not set securityContext.procMount to "Unmasked"',
      ),
  },
  {
    level: 'restricted',
    reason: 'restricted volume types',
    find: ({ spec }) => {
      const typeOf = (volume: object): string => Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
      const bad = (spec.volumes ?? []).filter((volume) => !restrictedVolumeTypes.has(typeOf(volume)));
      if (bad.length === 0) return undefined;
      const types = [...new Set(bad.map(typeOf))].sort().map(quote);
      const names = named(
        'volume',
        bad.map((volume) => volume.name),
      );
      return `${names} ${bad.length === 1 ? 'uses' : 'use'} restricted volume ${types.length === 1 ? 'type' : 'types'} ${types.join(', ')}`;
    },
  },
  {
    level: 'restricted',
    reason: 'runAsNonRoot != true',
    find: ({ spec }) => {
      const ofPod = spec.securityContext?.runAsNonRoot;
      const explicit = containersOf(spec).filter((one) => one.securityContext?.runAsNonRoot === false);
      const implicit = containersOf(spec).filter(
        (one) => one.securityContext?.runAsNonRoot === undefined && ofPod !== true,
      );
      const must = 'must not set securityContext.runAsNonRoot=false';
      return joined([
        ofPod === false ? `pod ${must}` : undefined,
        explicit.length > 0
          ? `${named(
              'container',
              explicit.map((one) => one.name),
            )} ${must}`
          : undefined,
        ofPod === undefined && implicit.length > 0
          ? `pod or ${named(
              'container',
              implicit.map((one) => one.name),
            )} must set securityContext.runAsNonRoot=true`
          : undefined,
      ]);
    },
  },
  {
    level: 'restricted',
    reason: 'runAsUser=0',
    find: ({ spec }) =>
      joined([
        spec.securityContext?.runAsUser === 0 ? 'pod must not set runAsUser=0' : undefined,
        offenders(spec, ({ securityContext }) => securityContext?.runAsUser === 0, 'must not set runAsUser=0'),
      ]),
  },
  {
    level: 'baseline',
    reason: 'seLinuxOptions',
    find: ({ spec }) => {
      const isBad = (options: { type?: string; user?: string; role?: string } | undefined): boolean =>
        options !== undefined &&
        (!seLinuxTypes.has(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
      const what = 'set forbidden securityContext.seLinuxOptions';
      const bad = containersOf(spec)
        .filter((one) => isBad(one.securityContext?.seLinuxOptions))
        .map((one) => one.name);
      return joined([
        isBad(spec.securityContext?.seLinuxOptions) ? `pod ${what}` : undefined,
        bad.length > 0 ? `${named('container', bad)} ${what}` : undefined,
      ]);
    },
  },
  {
    level: 'baseline',
    reason: 'seccompProfile',
    find: ({ spec }) => {
      const what = 'must not set securityContext.seccompProfile.type to "Unconfined"';
      const isBad = (type: string | undefined): boolean => type !== undefined && !goodSeccomp.has(type);
      return joined([
        isBad(spec.securityContext?.seccompProfile?.type) ? `pod ${what}` : undefined,
        offenders(spec, (one) => isBad(one.securityContext?.seccompProfile?.type), what),
      ]);
    },
  },
  {
    level: 'restricted',
    reason: 'seccompProfile',
    find: ({ spec }) => {
      if (goodSeccomp.has(spec.securityContext?.seccompProfile?.type)) return undefined;
      const lacking = containersOf(spec).filter((one) => one.securityContext?.seccompProfile === undefined);
      if (lacking.length === 0) return undefined;
      const who = named(
        'container',
        lacking.map((one) => one.name),
      );
      return `pod or ${who} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
    },
  },
  {
    level: 'baseline',
    reason: 'forbidden sysctls',
    find: ({ spec }) =>
      joined((spec.securityContext?.sysctls ?? []).map(({ name }) => (safeSysctls.has(name) ? undefined : name))),
  },
];

/** Everything that keeps a pod from a level: `host namespaces (hostNetwork=true), privileged (...)`; "" when nothing does. */
export function violations(pod: CheckedPod, level: Level): string {
  const asked = levels.indexOf(level);
  return checks
    .filter((check) => levels.indexOf(check.level) <= asked && !isReplaced(check, level))
    .flatMap((check) => {
      const found = check.find(pod);
      return found === undefined ? [] : [`${check.reason} (${found})`];
    })
    .join(', ');
}

/** The restricted capability check says all that the baseline one says. */
function isReplaced(check: Check, level: Level): boolean {
  return level === 'restricted' && check.reason === 'non-default capabilities';
}

function offenders(spec: PodSpec, isBad: (container: Container) => boolean, must: string): string | undefined {
  const bad = containersOf(spec)
    .filter(isBad)
    .map((one) => one.name);
  return bad.length === 0 ? undefined : `${named('container', bad)} ${must}`;
}

/** `container "a"`, `containers "a", "b"`; undefined for none. */
function named(what: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return `${names.length === 1 ? what : `${what}s`} ${names.map(quote).join(', ')}`;
}

function joined(texts: readonly (string | undefined)[]): string | undefined {
  const present = texts.filter((text) => text !== undefined);
  return present.length === 0 ? undefined : present.join(', ');
}

const quote = (text: string): string => JSON.stringify(text);
