import type { Container, Pod, PodSecurityContext, SeccompProfile, SecurityContext } from '@typernetes/api/core/v1';
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SecurityProfile,
  SelinuxOptions,
  UserNamespace,
} from '@typernetes/cri';

/** Which namespaces the pod's containers share, and with whom. */
function namespaceOptions(pod: Pod, userNamespace: UserNamespace): NamespaceOption {
  const spec = pod.spec;
  return {
    network: spec?.hostNetwork ? 'NODE' : 'POD',
    ipc: spec?.hostIPC ? 'NODE' : 'POD',
    pid: spec?.hostPID ? 'NODE' : spec?.shareProcessNamespace ? 'POD' : 'CONTAINER',
    usernsOptions: userNamespace,
  };
}

const value = (id: number | undefined): { value: string } | undefined =>
  id === undefined ? undefined : { value: String(id) };

/** `Localhost` profiles are below the kubelet's seccomp directory. */
function seccompOf(profile: SeccompProfile | undefined, seccompDir: string): SecurityProfile {
  if (profile?.type === 'RuntimeDefault') return { profileType: 'RuntimeDefault' };
  if (profile?.type === 'Localhost') {
    return { profileType: 'Localhost', localhostRef: `${seccompDir}/${profile.localhostProfile}` };
  }
  return { profileType: 'Unconfined' };
}

/** Only the requested settings: the runtime knows best what else exists, and has a default profile. */
function confinementOf(context: Pick<SecurityContext, 'appArmorProfile' | 'seLinuxOptions'> | undefined): {
  apparmor?: SecurityProfile;
  selinuxOptions?: SelinuxOptions;
} {
  const { appArmorProfile: profile, seLinuxOptions: options } = context ?? {};
  return {
    ...(profile
      ? {
          apparmor: {
            profileType: profile.type as NonNullable<SecurityProfile['profileType']>,
            localhostRef: profile.localhostProfile ?? '',
          },
        }
      : {}),
    ...(options
      ? {
          selinuxOptions: {
            user: options.user ?? '',
            role: options.role ?? '',
            type: options.type ?? '',
            level: options.level ?? '',
          },
        }
      : {}),
  };
}

function supplementalGroups(security: PodSecurityContext | undefined): readonly string[] {
  const groups = [
    ...(security?.fsGroup === undefined ? [] : [security.fsGroup]),
    ...(security?.supplementalGroups ?? []),
  ];
  return groups.map(String);
}

const isPrivileged = (container: Container): boolean => container.securityContext?.privileged === true;

export function sandboxSecurityContext(
  pod: Pod,
  { userNamespace }: { readonly userNamespace: UserNamespace },
): LinuxSandboxSecurityContext {
  const security = pod.spec?.securityContext;
  return {
    namespaceOptions: namespaceOptions(pod, userNamespace),
    // A privileged container can only run in a sandbox that may be privileged.
    privileged: [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some(isPrivileged),
    // Never the pod's own profile: one that fits its programs may forbid what the pause process calls.
    seccomp: { profileType: 'RuntimeDefault' },
    supplementalGroups: supplementalGroups(security),
    supplementalGroupsPolicy: security?.supplementalGroupsPolicy ?? 'Merge',
    runAsUser: value(security?.runAsUser),
    runAsGroup: value(security?.runAsGroup),
    ...confinementOf({ ...(security?.seLinuxOptions ? { seLinuxOptions: security.seLinuxOptions } : {}) }),
  };
}

/** Paths hidden from containers, unless they are privileged or ask for `procMount: Unmasked`. */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** The user in the image's configuration. An image with neither a number nor a name runs as root. */
export interface ImageUser {
  readonly uid: number | undefined;
  readonly name: string;
}

/** A container that may not run as its image and its spec ask. */
class SecurityContextError extends Error {
  override readonly name = 'SecurityContextError';
}

export function containerSecurityContext(
  pod: Pod,
  container: Container,
  options: {
    seccompDir: string;
    seccompDefault: boolean;
    imageUser: ImageUser;
    userNamespace: UserNamespace;
    targetId?: string;
  },
): LinuxContainerSecurityContext {
  const ofPod = pod.spec?.securityContext;
  const own: SecurityContext = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? ofPod?.runAsUser;
  verifyNonRoot(pod, container, runAsUser, options.imageUser);
  const namespaces = namespaceOptions(pod, options.userNamespace);
  const fallback: SeccompProfile = { type: options.seccompDefault ? 'RuntimeDefault' : 'Unconfined' };
  const unmasked = own.privileged || own.procMount === 'Unmasked';
  return {
    namespaceOptions: options.targetId ? { ...namespaces, pid: 'TARGET', targetId: options.targetId } : namespaces,
    privileged: own.privileged ?? false,
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    capabilities: {
      addCapabilities: own.capabilities?.add ?? [],
      dropCapabilities: own.capabilities?.drop ?? [],
    },
    runAsUser: value(runAsUser ?? (options.imageUser.name ? undefined : options.imageUser.uid)),
    runAsGroup: value(own.runAsGroup ?? ofPod?.runAsGroup),
    runAsUsername: runAsUser === undefined ? options.imageUser.name : '',
    supplementalGroups: supplementalGroups(ofPod),
    supplementalGroupsPolicy: ofPod?.supplementalGroupsPolicy ?? 'Merge',
    noNewPrivs: own.allowPrivilegeEscalation === false,
    seccomp: seccompOf(
      own.privileged ? undefined : (own.seccompProfile ?? ofPod?.seccompProfile ?? fallback),
      options.seccompDir,
    ),
    ...confinementOf({ ...confined(ofPod), ...confined(own) }),
    maskedPaths: unmasked ? [] : maskedPaths,
    readonlyPaths: unmasked ? [] : readonlyPaths,
  };
}

/** The settings of a context: the container's replaces the pod's as a whole. */
function confined({
  appArmorProfile,
  seLinuxOptions,
}: SecurityContext | PodSecurityContext = {}): Pick<SecurityContext, 'appArmorProfile' | 'seLinuxOptions'> {
  return { ...(appArmorProfile ? { appArmorProfile } : {}), ...(seLinuxOptions ? { seLinuxOptions } : {}) };
}

function verifyNonRoot(pod: Pod, container: Container, runAsUser: number | undefined, image: ImageUser): void {
  if (!(container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot)) return;
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  if (runAsUser === 0) throw new SecurityContextError(`container's runAsUser breaks non-root policy ${where}`);
  if (runAsUser !== undefined) return;
  const isRoot = image.uid === 0 || (image.uid === undefined && image.name === '');
  if (isRoot) throw new SecurityContextError(`container has runAsNonRoot and image will run as root ${where}`);
  if (image.uid === undefined)
    throw new SecurityContextError(
      `container has runAsNonRoot and image has non-numeric user (${image.name}), cannot verify user is non-root ${where}`,
    );
}
