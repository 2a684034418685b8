import type { VersionResponse } from './messages.ts';

/** The part of containerd's settings that is read here, in the form of its status output. */
interface ContainerdConfig {
  /** Present from 1.7 on, where the default is off. */
  readonly enableCDI?: boolean;
  readonly containerd?: {
    readonly snapshotter?: string;
    readonly defaultRuntimeName?: string;
    readonly runtimes?: Record<string, { readonly options?: { readonly SystemdCgroup?: boolean } | null }>;
  };
}

/** Other runtimes than containerd are assumed to support it, as upstream's kubelet assumes of all. */
export function injectsCdi(
  { runtimeName, runtimeVersion }: Pick<VersionResponse, 'runtimeName' | 'runtimeVersion'>,
  { enableCDI }: Pick<ContainerdConfig, 'enableCDI'>,
): boolean {
  const major = Number(/^v?(\d+)\./.exec(runtimeVersion)?.[1] ?? 0);
  return runtimeName !== 'containerd' || (enableCDI ?? major >= 2);
}

export function configOf(config: string | undefined): ContainerdConfig {
  return config ? JSON.parse(config) : {};
}

export function driverOf(config: string | undefined): 'systemd' | 'cgroupfs' | undefined {
  const { containerd } = configOf(config);
  const runtime = containerd?.runtimes?.[containerd.defaultRuntimeName ?? ''];
  if (!runtime) return undefined;
  return runtime.options?.SystemdCgroup ? 'systemd' : 'cgroupfs';
}
