import { fabricGateway } from './fabric.ts';

export interface ContainerdSettings {
  readonly pauseImage: string;
  /** Path of crun, when pods should be started by it. It starts them faster than runc. */
  readonly crun: string | undefined;
  /** Whether systemd hands out the machine's control groups, to runc then. */
  readonly systemd?: boolean;
}

/** A machine's /etc/containerd/config.toml. */
export function containerdConfig({ pauseImage, crun, systemd = false }: ContainerdSettings): string {
  return `version = 2

# Snapshotters and tracing that nobody uses here, left out for a quicker start.
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${quote(pauseImage)}
  # A machine may not make itself more important than its host made it.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = ${quote(crun && !systemd ? 'crun' : 'runc')}
${runtime('runc', { program: '/usr/sbin/runc', systemd })}${crun ? runtime('crun', { program: crun, systemd }) : ''}`;
}

function runtime(name: string, { program, systemd }: { program: string; systemd: boolean }): string {
  return `
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}.options]
    BinaryName = ${quote(program)}
    SystemdCgroup = ${systemd}
`;
}

/**
 * A machine's /etc/containerd/certs.d/_default/hosts.toml: whatever registry an image names, only the fabric's is
 * asked.
 */
export function mirrorConfig(): string {
  const registry = quote(registryAddress);
  return `server = ${registry}\n\n[host.${registry}]\n  capabilities = ["pull", "resolve"]\n`;
}

export const registryAddress = `http://${fabricGateway}:5000`;

const quote = (text: string): string => JSON.stringify(text);
