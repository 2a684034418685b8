/**
 * The messages of the container runtime interface, runtime.v1, as far as they are used. Names are those of upstream's
 * api.proto in camel case. 64-bit integers are decimal strings (times: nanoseconds since the epoch), enums are their
 * names.
 *
 * Messages to the runtime may omit anything; messages from it are complete, with null for unset messages.
 */
export type Int64 = string;

export type Labels = Readonly<Record<string, string>>;

interface PodSandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
}

export interface DnsConfig {
  readonly servers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly string[];
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp?: string;
}

type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET';

export interface NamespaceOption {
  readonly network?: NamespaceMode;
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly targetId?: string;
  readonly usernsOptions?: UserNamespace;
}

/** Maps `length` ids from `containerId` on inside to those from `hostId` on outside. */
interface IdMapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

/** POD: the pod has a user namespace of its own with these mappings. */
export interface UserNamespace {
  readonly mode: 'POD' | 'NODE';
  readonly uids?: readonly IdMapping[];
  readonly gids?: readonly IdMapping[];
}

/** The features of one of the runtime's handlers. */
export interface RuntimeHandler {
  /** '' is the runtime's default handler. */
  readonly name: string;
  readonly features: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean } | null;
}

/** The runtime's status. Runtimes before containerd 2.0 do not list their handlers. */
export interface RuntimeStatus {
  /** RuntimeReady and NetworkReady, with the runtime's reasons. */
  readonly conditions: readonly RuntimeCondition[];
  readonly handlers: readonly RuntimeHandler[];
  /** Whether it honours `supplementalGroupsPolicy`; undefined when it does not say. */
  readonly supplementalGroupsPolicy: boolean | undefined;
}

export interface SecurityProfile {
  readonly profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  readonly localhostRef?: string;
}

export interface LinuxContainerResources {
  readonly cpuPeriod?: Int64;
  readonly cpuQuota?: Int64;
  readonly cpuShares?: Int64;
  readonly memoryLimitInBytes?: Int64;
  readonly memorySwapLimitInBytes?: Int64;
  readonly oomScoreAdj?: Int64;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: Int64 }[];
  readonly unified?: Labels;
}

export interface LinuxSandboxSecurityContext {
  readonly namespaceOptions?: NamespaceOption;
  readonly runAsUser?: { readonly value: Int64 };
  readonly runAsGroup?: { readonly value: Int64 };
  readonly readonlyRootfs?: boolean;
  readonly supplementalGroups?: readonly Int64[];
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict';
  readonly privileged?: boolean;
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
  readonly selinuxOptions?: SelinuxOptions;
}

export interface SelinuxOptions {
  readonly user: string;
  readonly role: string;
  readonly type: string;
  readonly level: string;
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  /** Must be empty for pods in the host network. */
  readonly hostname?: string;
  readonly logDirectory?: string;
  readonly dnsConfig?: DnsConfig;
  readonly portMappings?: readonly PortMapping[];
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly linux?: {
    readonly cgroupParent?: string;
    readonly securityContext?: LinuxSandboxSecurityContext;
    readonly sysctls?: Labels;
    readonly resources?: LinuxContainerResources;
  };
}

export type PodSandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY';

export interface PodSandbox {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: PodSandboxState;
  readonly createdAt: Int64;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly runtimeHandler: string;
}

export interface PodSandboxStatus extends PodSandbox {
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null;
}

export interface ImageSpec {
  readonly image: string;
  readonly annotations?: Labels;
  readonly userSpecifiedImage?: string;
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
  /** Whether the runtime should relabel the files so that the container may use them. */
  readonly selinuxRelabel?: boolean;
  readonly recursiveReadOnly?: boolean;
  readonly propagation?: 'PROPAGATION_PRIVATE' | 'PROPAGATION_HOST_TO_CONTAINER' | 'PROPAGATION_BIDIRECTIONAL';
  /** An image to mount, read-only, instead of a path of the machine; `hostPath` is empty then. */
  readonly image?: ImageSpec | null;
  /** A path within the image. */
  readonly imageSubPath?: string;
  /** Id mappings of the volume's files, inside the container's user namespace. */
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

/** The arguments of a mount(8) call: type, source, options. */
export interface FileSystemMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  /** A combination of r, w and m. */
  readonly permissions: string;
}

export interface LinuxContainerSecurityContext extends LinuxSandboxSecurityContext {
  readonly capabilities?: {
    readonly addCapabilities?: readonly string[];
    readonly dropCapabilities?: readonly string[];
  };
  readonly runAsUsername?: string;
  readonly noNewPrivs?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  readonly image: ImageSpec;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly envs?: readonly { readonly key: string; readonly value: Uint8Array }[];
  readonly mounts?: readonly Mount[];
  readonly devices?: readonly Device[];
  /** CDI devices (Container Device Interface), by the names in the runtime's specification files. */
  readonly cdiDevices?: readonly { readonly name: string }[];
  readonly labels?: Labels;
  readonly annotations?: Labels;
  /** Relative to the sandbox's log directory. */
  readonly logPath?: string;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly linux?: {
    readonly resources?: LinuxContainerResources;
    readonly securityContext?: LinuxContainerSecurityContext;
  };
}

export type ContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';

export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: ContainerMetadata;
  readonly image: ImageSpec | null;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAt: Int64;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export interface ContainerStatus {
  readonly id: string;
  readonly metadata: ContainerMetadata;
  readonly state: ContainerState;
  readonly createdAt: Int64;
  readonly startedAt: Int64;
  readonly finishedAt: Int64;
  readonly exitCode: number;
  readonly image: ImageSpec | null;
  readonly imageRef: string;
  readonly reason: string;
  readonly message: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly mounts: readonly Mount[];
  readonly logPath: string;
  /** Set from containerd 2.0 on only. */
  readonly user: { readonly linux: ContainerUser | null } | null;
}

export interface ContainerUser {
  readonly uid: Int64;
  readonly gid: Int64;
  readonly supplementalGroups: readonly Int64[];
}

export interface ExecSyncResponse {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

export interface ExecRequest {
  readonly containerId: string;
  readonly cmd: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: Int64;
  readonly uid: { readonly value: Int64 } | null;
  readonly username: string;
  readonly pinned: boolean;
}

export interface AuthConfig {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface VersionResponse {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}

interface Amount {
  readonly value: Int64;
}

interface FilesystemUsage {
  readonly timestamp: Int64;
  readonly fsId: { readonly mountpoint: string } | null;
  readonly usedBytes: Amount | null;
  readonly inodesUsed: Amount | null;
}

export interface ImageFsInfo {
  readonly imageFilesystems: readonly FilesystemUsage[];
  readonly containerFilesystems: readonly FilesystemUsage[];
}

export interface ContainerStats {
  readonly attributes: { readonly id: string; readonly metadata: ContainerMetadata; readonly labels: Labels };
  readonly cpu: {
    readonly timestamp: Int64;
    readonly usageCoreNanoSeconds: Amount | null;
    readonly usageNanoCores: Amount | null;
  } | null;
  readonly memory: {
    readonly timestamp: Int64;
    readonly workingSetBytes: Amount | null;
    readonly availableBytes: Amount | null;
    readonly usageBytes: Amount | null;
    readonly rssBytes: Amount | null;
    readonly pageFaults: Amount | null;
    readonly majorPageFaults: Amount | null;
  } | null;
  readonly writableLayer: FilesystemUsage | null;
}

/** An event of a container or, where `containerId` is a sandbox's, of a pod's infra container. */
export interface RuntimeEvent {
  readonly type: 'created' | 'started' | 'stopped' | 'deleted';
  readonly containerId: string;
}
