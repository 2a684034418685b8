import type { Pod } from '@typernetes/api/core/v1';
import type { ContainerConfig, Device, ImageSpec, Mount, UserNamespace } from '@typernetes/cri';
import type { PodContainer } from '../pod/containers.ts';
import { containerAnnotationsOf, containerLabels } from '../pod/labels.ts';
import { oomScoreOf } from '../pod/qos.ts';
import { boundedByPod, containerResources } from '../pod/resources.ts';
import type { ContainerExtras } from '../resource-managers/provider.ts';
import { expand } from './expansion.ts';
import type { LimitRules } from './limit-rules.ts';
import { linuxResources } from './linux-resources.ts';
import { containerSecurityContext, type ImageUser } from './security-context.ts';

/** The inputs of a container's configuration besides its spec. */
interface ContainerInputs {
  readonly attempt: number;
  readonly image: ImageSpec;
  readonly imageUser: ImageUser;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  readonly userNamespace: UserNamespace;
  /** Its devices and CPUs. */
  readonly extras?: ContainerExtras;
  readonly seccompDir: string;
  readonly seccompDefault: boolean;
  readonly limits: LimitRules;
  readonly memoryCapacity: number;
  /** The container whose process namespace an ephemeral one shares. */
  readonly targetId?: string;
}

export function containerConfig(pod: Pod, { spec }: PodContainer, inputs: ContainerInputs): ContainerConfig {
  const expanded = (texts: readonly string[] = []): string[] =>
    texts.map((text) => expand(text, (name) => inputs.environment.get(name)));
  const { extras = {} } = inputs;
  // The spec's variables override those of device plugins.
  const environment = new Map([...Object.entries(extras.environment ?? {}), ...inputs.environment]);
  return {
    metadata: { name: spec.name, attempt: inputs.attempt },
    image: inputs.image,
    command: expanded(spec.command),
    args: expanded(spec.args),
    workingDir: spec.workingDir ?? '',
    envs: [...environment].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts: [...inputs.mounts, ...(extras.mounts ?? [])].map((mount) => mapped(mount, inputs.userNamespace)),
    devices: [...inputs.devices, ...(extras.devices ?? [])],
    cdiDevices: (extras.cdiDevices ?? []).map((name) => ({ name })),
    labels: containerLabels(pod, spec),
    annotations: { ...extras.annotations, ...containerAnnotationsOf(pod, spec, inputs.attempt) },
    logPath: `${spec.name}/${inputs.attempt}.log`,
    stdin: spec.stdin ?? false,
    stdinOnce: spec.stdinOnce ?? false,
    tty: spec.tty ?? false,
    linux: {
      resources: {
        ...linuxResources(
          containerResources(boundedByPod(spec, pod), inputs.limits.cfsPeriod),
          inputs.limits.unified?.(pod, spec),
        ),
        ...(extras.cpus ? { cpusetCpus: extras.cpus } : {}),
        ...(extras.memoryNodes ? { cpusetMems: extras.memoryNodes } : {}),
        oomScoreAdj: String(oomScoreOf(pod, spec, inputs.memoryCapacity)),
      },
      securityContext: containerSecurityContext(pod, spec, inputs),
    },
  };
}

/** Files keep their owners inside a user namespace: the mount is what translates. */
function mapped(mount: Mount, { mode, uids = [], gids = [] }: UserNamespace): Mount {
  return mode === 'POD' ? { ...mount, uidMappings: uids, gidMappings: gids } : mount;
}
