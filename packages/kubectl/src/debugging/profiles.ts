import type { Container, EphemeralContainer, PodSpec, SecurityContext } from '@typernetes/api/core/v1';

/** Where a debugging container runs: in a running pod, in a copy of one, or in a pod created for a node. */
export type Place = 'ephemeral' | 'copy' | 'node';

export const profileNames = ['legacy', 'general', 'baseline', 'netadmin', 'restricted', 'sysadmin'] as const;
export type ProfileName = (typeof profileNames)[number];

export interface KeptParts {
  readonly labels: boolean;
  readonly annotations: boolean;
  readonly liveness: boolean;
  readonly readiness: boolean;
  readonly startup: boolean;
  readonly initContainers: boolean;
}

type DebugContainer = Container | EphemeralContainer;

/** A profile's changes to the debugging container and its pod, as in upstream's profiles. */
interface Profile {
  readonly securityContext?: (given: SecurityContext | undefined) => SecurityContext | undefined;
  /** Whether a node's debugging pod uses the node's namespaces and mounts its root. */
  readonly hostNamespaces: boolean;
  readonly hostFiles: boolean;
}

const withCapabilities =
  (...added: string[]) =>
  (given: SecurityContext | undefined): SecurityContext => ({
    ...given,
    capabilities: { ...given?.capabilities, add: [...(given?.capabilities?.add ?? []), ...added] },
  });

const restricted = (): SecurityContext => ({
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
});

/** On a node the general profile leaves the container as it is: the node's namespaces show its processes anyway. */
const profiles: Readonly<Record<ProfileName, (place: Place) => Profile>> = {
  legacy: () => ({ hostNamespaces: true, hostFiles: true }),
  general: (place) => ({
    securityContext: place === 'node' ? () => undefined : withCapabilities('SYS_PTRACE'),
    hostNamespaces: true,
    hostFiles: true,
  }),
  baseline: () => ({ securityContext: () => undefined, hostNamespaces: false, hostFiles: false }),
  netadmin: () => ({
    securityContext: withCapabilities('NET_ADMIN', 'NET_RAW'),
    hostNamespaces: true,
    hostFiles: false,
  }),
  restricted: () => ({ securityContext: restricted, hostNamespaces: false, hostFiles: false }),
  sysadmin: () => ({
    securityContext: (given) => ({ ...given, privileged: true }),
    hostNamespaces: true,
    hostFiles: true,
  }),
};

/** Applies the profile to the debugging container. */
export function profiledContainer<C extends DebugContainer>(container: C, name: ProfileName, place: Place): C {
  const { securityContext } = profiles[name](place);
  if (!securityContext) return container;
  const { securityContext: given, ...rest } = container;
  const changed = securityContext(given);
  return { ...rest, ...(changed ? { securityContext: changed } : {}) } as C;
}

const hostRoot = 'host-root';

/** Applies the profile to a node's debugging pod. */
export function profiledNodePod(spec: PodSpec, name: ProfileName): PodSpec {
  const { hostNamespaces, hostFiles } = profiles[name]('node');
  const containers = spec.containers.map((container) => ({
    ...profiledContainer(container, name, 'node'),
    ...(hostFiles ? { volumeMounts: [{ mountPath: '/host', name: hostRoot }] } : {}),
  }));
  return {
    ...spec,
    containers,
    ...(hostNamespaces ? { hostIPC: true, hostNetwork: true, hostPID: true } : {}),
    ...(hostFiles ? { volumes: [{ hostPath: { path: '/' }, name: hostRoot }] } : {}),
  } as PodSpec;
}
