import type { Container, EnvVar, Pod, Probe, Volume, VolumeMount } from '@typernetes/api/core/v1';
import { imageTag } from '@typernetes/base';
import type { Draft } from '@typernetes/machinery';
import type { Argument, ComponentConfig, HostPathMount } from '../config/internal.ts';

/** A host path that is mounted into a component under the same path. */
export interface SharedPath {
  readonly name: string;
  readonly path: string;
  readonly type: 'DirectoryOrCreate' | 'FileOrCreate';
  readonly readOnly: boolean;
}

/** The differences between control plane components. */
export interface StaticPodSpec {
  readonly component: string;
  readonly imageRepository: string;
  /** Default: the release's own image. */
  readonly imageTag?: string;
  readonly args: readonly Argument[];
  readonly extra: ComponentConfig;
  readonly cpu: string;
  readonly memory?: string;
  readonly shared: readonly SharedPath[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly probes: Pick<Container, 'livenessProbe' | 'readinessProbe' | 'startupProbe'>;
}

/** The static pod manifest of a component. */
export function staticPod(spec: StaticPodSpec): Draft<Pod> {
  const volumes: Volume[] = [];
  const volumeMounts: VolumeMount[] = [];
  const mounts = [...spec.shared.map(sharedMount), ...spec.extra.extraVolumes].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  for (const { name, hostPath, mountPath, readOnly, pathType } of mounts) {
    volumes.push({ name, hostPath: { path: hostPath, type: pathType as never } });
    volumeMounts.push({ name, mountPath, ...(readOnly ? { readOnly } : {}) });
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(spec.annotations ? { annotations: { ...spec.annotations } } : {}),
      labels: { component: spec.component, tier: 'control-plane' },
      name: spec.component,
      namespace: 'kube-system',
    },
    spec: {
      containers: [
        {
          command: [spec.component, ...commandLine(spec.args, spec.extra.extraArgs)],
          ...(spec.extra.extraEnvs.length > 0 ? { env: spec.extra.extraEnvs as EnvVar[] } : {}),
          image: `${spec.imageRepository}/${spec.component}:${spec.imageTag ?? imageTag}`,
          imagePullPolicy: 'IfNotPresent',
          name: spec.component,
          resources: { requests: { cpu: spec.cpu, ...(spec.memory ? { memory: spec.memory } : {}) } },
          ...spec.probes,
          volumeMounts,
        },
      ],
      hostNetwork: true,
      priority: 2_000_001_000,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      volumes,
    },
  };
}

function sharedMount(shared: SharedPath): HostPathMount {
  const { name, path, type, readOnly } = shared;
  return { name, hostPath: path, mountPath: path, readOnly, pathType: type };
}

/** `--name=value`, sorted; the user's arguments replace ours of the same name. */
export function commandLine(args: readonly Argument[], extra: readonly Argument[]): string[] {
  const replaced = new Set(extra.map((argument) => argument.name));
  return [...args.filter((argument) => !replaced.has(argument.name)), ...extra]
    .map(({ name, value }) => `--${name}=${value}`)
    .sort((a, b) => (flagName(a) < flagName(b) ? -1 : flagName(a) > flagName(b) ? 1 : 0));
}

const flagName = (flag: string): string => flag.slice(0, flag.indexOf('='));

/** An HTTPS probe on the component's own port, with upstream's periods. */
export function httpsProbe(path: string, at: { host: string; port: number }, timing: Omit<Probe, 'httpGet'>): Probe {
  return { ...timing, httpGet: { host: at.host, path, port: at.port, scheme: 'HTTPS' } };
}

/** The periods of upstream's probes. A component gets four minutes to start. */
export const probeTiming = {
  liveness: { failureThreshold: 8, initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 15 },
  readiness: { failureThreshold: 3, periodSeconds: 1, timeoutSeconds: 15 },
  startup: { failureThreshold: 24, initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 15 },
} as const;
