import type { AppArmorProfile, Container, LifecycleHandler, Probe, SELinuxOptions } from '@typernetes/api/core/v1';
import {
  allContainers,
  byAnyone,
  byContainers,
  type Check,
  type CheckedPod,
  except,
  type Find,
  hasOwnUsers,
  offenders,
  plural,
  quote,
  quoted,
  sorted,
} from './check.ts';

const defaultCapabilities: ReadonlySet<string> = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';

const appArmor: Find = ({ metadata, spec }) => {
  const annotations = Object.entries(metadata?.annotations ?? {})
    .filter(([key, value]) => key.startsWith(appArmorAnnotation) && !isGoodAppArmor(value))
    .sort();
  const isBad = (profile: AppArmorProfile | undefined): boolean =>
    profile !== undefined && profile.type !== 'RuntimeDefault' && profile.type !== 'Localhost';
  const bad = offenders(spec, ({ securityContext }) => isBad(securityContext?.appArmorProfile));
  const ofPod = isBad(spec.securityContext?.appArmorProfile);
  if (annotations.length === 0 && bad.length === 0 && !ofPod) return undefined;
  const profiles = [spec.securityContext, ...allContainers(spec).map((one) => one.securityContext)]
    .map((context) => context?.appArmorProfile)
    .filter(isBad)
    .map((profile) => String(profile?.type));
  const fields = byAnyone(
    '',
    { pod: ofPod, names: bad },
    () => `must not set AppArmor profile type to ${quoted(sorted(profiles))}`,
  );
  const details = [...annotations.map(([key, value]) => `${key}=${quote(value)}`), ...(fields ? [fields.detail] : [])];
  const count = annotations.length + new Set(profiles).size;
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', count),
    detail: details.join(', '),
  };
};

const isGoodAppArmor = (profile: string): boolean =>
  profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/');

const capabilities: Find = ({ spec }) => {
  const extra = (one: Container): string[] =>
    (one.securityContext?.capabilities?.add ?? []).filter((capability) => !defaultCapabilities.has(capability));
  const named = quoted(sorted(allContainers(spec).flatMap(extra)));
  const bad = offenders(spec, (one) => extra(one).length > 0);
  return byContainers('non-default capabilities', bad, `must not include ${named} in securityContext.capabilities.add`);
};

const hostNamespaces: Find = ({ spec }) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
  return used.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') };
};

const hostPathVolumes: Find = ({ spec }) => {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath).map((volume) => volume.name);
  return names.length === 0
    ? undefined
    : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` };
};

const hostPorts: Find = ({ spec }) => {
  const ports = (one: Container): string[] =>
    (one.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [`${hostPort}`] : []));
  const users = offenders(spec, (one) => ports(one).length > 0);
  const all = sorted(allContainers(spec).flatMap(ports));
  const uses = plural('uses', 'use', users.length);
  return byContainers('hostPort', users, `${uses} ${plural('hostPort', 'hostPorts', all.length)} ${all.join(', ')}`);
};

const hostsOf = (handler: Probe | LifecycleHandler | undefined): string[] =>
  [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host): host is string => Boolean(host));

const probeHosts: Find = ({ spec }) => {
  const hosts = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hostsOf);
  const users = sorted(offenders(spec, (one) => hosts(one).length > 0));
  const all = sorted(allContainers(spec).flatMap(hosts));
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', all.length);
  return byContainers(
    'probe or lifecycle host',
    users,
    `${plural('uses', 'use', users.length)} ${what} ${quoted(all)}`,
  );
};

export const procMount: Find = ({ spec }) => {
  const mountOf = ({ securityContext }: Container): string => securityContext?.procMount ?? 'Default';
  const bad = offenders(spec, (one) => mountOf(one) !== 'Default');
  const kinds = sorted(
    allContainers(spec)
      .map(mountOf)
      .filter((kind) => kind !== 'Default'),
  );
  return byContainers('procMount', bad, `must not set securityContext.procMount to ${quoted(kinds)}`);
};

const seLinux =
  (allowed: ReadonlySet<string>): Find =>
  ({ spec }) => {
    const isBad = (options: SELinuxOptions | undefined): options is SELinuxOptions =>
      options !== undefined && (!allowed.has(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
    const bad = [spec.securityContext, ...allContainers(spec).map((one) => one.securityContext)]
      .map((context) => context?.seLinuxOptions)
      .filter(isBad);
    const types = sorted(bad.map(({ type = '' }) => type).filter((type) => !allowed.has(type)));
    const why = [
      ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${quoted(types)}`] : []),
      ...(bad.some(({ user }) => user) ? ['user may not be set'] : []),
      ...(bad.some(({ role }) => role) ? ['role may not be set'] : []),
    ];
    return byAnyone(
      'seLinuxOptions',
      {
        pod: isBad(spec.securityContext?.seLinuxOptions),
        names: offenders(spec, ({ securityContext }) => isBad(securityContext?.seLinuxOptions)),
      },
      () => `set forbidden securityContext.seLinuxOptions: ${why.join('; ')}`,
    );
  };

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const seccompAnnotations: Find = ({ metadata, spec }) => {
  const keys = [
    'seccomp.security.alpha.kubernetes.io/pod',
    ...allContainers(spec).map(({ name }) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ];
  const isGood = (value: string): boolean =>
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const bad = sorted(
    keys.flatMap((key) => {
      const value = metadata?.annotations?.[key];
      return value === undefined || isGood(value) ? [] : [`${key}=${quote(value)}`];
    }),
  );
  if (bad.length === 0) return undefined;
  const what = plural('annotation', 'annotations', bad.length);
  return { reason: 'seccompProfile', detail: `forbidden ${what} ${bad.join(', ')}` };
};

/** Containers with a seccomp profile other than RuntimeDefault or Localhost. */
export function seccompOffenders({ spec }: CheckedPod) {
  const typeOf = (context: { seccompProfile?: { type?: string } } | undefined): string | undefined =>
    context?.seccompProfile?.type;
  const isBad = (type: string | undefined): boolean =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const types = [typeOf(spec.securityContext), ...allContainers(spec).map((one) => typeOf(one.securityContext))];
  return byAnyone(
    'seccompProfile',
    { pod: isBad(typeOf(spec.securityContext)), names: offenders(spec, (one) => isBad(typeOf(one.securityContext))) },
    () => `must not set securityContext.seccompProfile.type to ${quoted(sorted(types.filter(isBad).map(String)))}`,
  );
}

const sysctls =
  (allowed: ReadonlySet<string>): Find =>
  ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };

const firstSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const laterSysctls: readonly (readonly [minor: number, names: readonly string[]])[] = [
  [0, []],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

const hostProcess: Find = ({ spec }) =>
  byAnyone(
    'hostProcess',
    {
      pod: spec.securityContext?.windowsOptions?.hostProcess === true,
      names: offenders(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true),
    },
    () => 'must not set securityContext.windowsOptions.hostProcess=true',
  );

const privileged: Find = ({ spec }) =>
  byContainers(
    'privileged',
    offenders(spec, ({ securityContext }) => securityContext?.privileged === true),
    'must not set securityContext.privileged=true',
  );

/** The checks of the level baseline, in the order of their reports. */
export const baselineChecks: readonly Check[] = [
  { id: 'appArmorProfile', versions: [[0, appArmor]] },
  { id: 'capabilities_baseline', versions: [[0, capabilities]] },
  { id: 'hostNamespaces', versions: [[0, hostNamespaces]] },
  { id: 'hostPathVolumes', versions: [[0, hostPathVolumes]] },
  { id: 'hostPorts', versions: [[0, hostPorts]] },
  { id: 'hostProbesAndhostLifecycle', versions: [[34, probeHosts]] },
  { id: 'privileged', versions: [[0, privileged]] },
  {
    id: 'procMount',
    versions: [
      [0, procMount],
      [35, except(hasOwnUsers, procMount)],
    ],
  },
  {
    id: 'seLinuxOptions',
    versions: [
      [0, seLinux(new Set(seLinuxTypes))],
      [31, seLinux(new Set([...seLinuxTypes, 'container_engine_t']))],
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      [0, seccompAnnotations],
      [19, seccompOffenders],
    ],
  },
  {
    id: 'sysctls',
    versions: laterSysctls.map(([minor]) => {
      const names = laterSysctls.filter(([since]) => since <= minor).flatMap(([, added]) => added);
      return [minor, sysctls(new Set([...firstSysctls, ...names]))] as const;
    }),
  },
  { id: 'windowsHostProcess', versions: [[0, hostProcess]] },
];
