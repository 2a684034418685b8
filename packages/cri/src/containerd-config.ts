import type { VersionResponse } from './messages.ts';

/** containerd's settings, as it prints them with its status. */
interface ContainerdConfig {
  /** There from 1.7 on, where it is off unless it is set. */
  readonly enableCDI?: boolean;
  readonly containerd?: {
    readonly snapshotter?: string;
    readonly defaultRuntimeName?: string;
    readonly runtimes?: Record<string, { readonly options?: { readonly SystemdCgroup?: boolean } | null }>;
  };
}

/** Of runtimes other than containerd it is taken for granted, as upstream's kubelet does of all. */
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
