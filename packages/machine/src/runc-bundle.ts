/** The parts of a machine's container. */
interface MachineSpec {
  readonly hostname: string;
  readonly rootfs: string;
  readonly cgroup: string;
  readonly initProgram: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Capabilities this host can give, such as `CAP_NET_ADMIN`. */
  readonly capabilities: readonly string[];
  /** Folders of the host by the path at which the machine has them. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly readOnlyVolumes: Readonly<Record<string, string>>;
}

interface Mount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/**
 * The machine's container, as the OCI runtime specification describes it: its own namespaces, a writable /proc/sys and cgroup tree, all devices. Only
 * namespaces confine it, not missing privileges: root in a machine is trusted like root on the host.
 */
export function machineBundle(spec: MachineSpec): object {
  const { capabilities } = spec;
  return {
    ociVersion: '1.0.2',
    hostname: spec.hostname,
    root: { path: spec.rootfs, readonly: false },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: [spec.initProgram],
      env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        inheritable: capabilities,
        ambient: capabilities,
      },
      noNewPrivileges: false,
    },
    mounts: mounts(spec),
    linux: {
      namespaces: ['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup'].map((type) => ({ type })),
      cgroupsPath: spec.cgroup,
      rootfsPropagation: 'rslave',
      resources: { devices: [{ allow: true, access: 'rwm' }] },
    },
  };
}

function mounts(spec: MachineSpec): Mount[] {
  const tmpfs = (destination: string, mode: string): Mount => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'nodev', `mode=${mode}`],
  });
  const bind = (destination: string, source: string, ...options: string[]): Mount => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', ...options],
  });
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'nodev', 'noexec'] },
    bind('/dev', '/dev', 'rslave'),
    tmpfs('/dev/shm', '1777'),
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'nodev', 'noexec'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'nodev', 'noexec'] },
    tmpfs('/run', '755'),
    tmpfs('/tmp', '1777'),
    ...Object.entries(spec.volumes).map(([path, source]) => bind(path, source)),
    ...Object.entries(spec.readOnlyVolumes).map(([path, source]) => bind(path, source, 'ro')),
  ];
}

/** Names of the capabilities in the kernel's hexadecimal set (`CapEff` of /proc/self/status). */
export function capabilityNames(hexadecimal: string): string[] {
  const set = BigInt(`0x${hexadecimal}`);
  return capabilityOrder.filter((_, bit) => (set >> BigInt(bit)) & 1n).map((name) => `CAP_${name}`);
}

/** By number, as in linux/capability.h. */
const capabilityOrder =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  );
