import { mkdir } from 'node:fs/promises';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import type { Device, PodSandboxConfig } from '@typernetes/cri';
import type { PresentImage } from '../images/image-puller.ts';
import { StartError } from '../lifecycle/start-error.ts';
import { undisturbed } from '../lifecycle/undisturbed.ts';
import { containerTypes } from '../metrics/kubelet-metrics.ts';
import { graceOf } from '../pod/grace.ts';
import { mountsRecursively } from '../pod/recursive-read-only.ts';
import type { ContainerExtras } from '../resource-managers/provider.ts';
import { containerConfig } from '../runtime/container-config.ts';
import { fileOfVolume } from '../runtime/env-file.ts';
import { environmentOf } from '../runtime/environment.ts';
import { writeHostsFile } from '../volumes/hosts-file.ts';
import type { ImageVolumes } from '../volumes/image-volumes.ts';
import { mountsOf } from '../volumes/mounts.ts';
import type { VolumePaths } from '../volumes/volumes.ts';
import type { PodWorkerDeps } from './deps.ts';
import { runHook } from './hooks.ts';
import type { ContainerStart } from './steps.ts';
import { stopContainer } from './stop-container.ts';

/** The sandbox to start in, and what was prepared for it. */
interface StartContext {
  readonly pod: Pod;
  readonly sandboxId: string;
  readonly sandboxConfig: PodSandboxConfig;
  /** The runtime's handler of the sandbox. */
  readonly handler: string;
  readonly ips: readonly string[];
  readonly volumes: VolumePaths;
  readonly imageVolumes: ImageVolumes;
  readonly image: PresentImage;
  /** The container whose process namespace an ephemeral one shares. */
  readonly targetId?: string;
  readonly signal: AbortSignal;
}

/** Creates and starts one container, postStart hook included. Rejects with a StartError, or when `signal` has aborted. */
export async function startContainer(
  { container, attempt }: ContainerStart,
  context: StartContext,
  deps: PodWorkerDeps,
): Promise<void> {
  const { pod, signal } = context;
  const { clock } = deps;
  const fail = (reason: StartError['reason'], error: unknown): unknown => {
    if (signal.aborted) return error;
    deps.events.warning(pod, container, 'Failed', `Error: ${messageOf(error)}`);
    deps.observer?.containerFailed(containerTypes[container.kind], reason);
    return new StartError(reason, messageOf(error), { cause: error });
  };
  const configured = await configure({ container, attempt }, context, deps).catch((error: unknown) => {
    throw fail('CreateContainerConfigError', error);
  });
  deps.observer?.containerStarted(container.kind);
  const config = await deps.cdi.complete(configured, { signal }).catch((error: unknown) => {
    throw fail('CreateContainerError', error);
  });
  const request = { podSandboxId: context.sandboxId, config, sandboxConfig: context.sandboxConfig };
  const create = (limit: AbortSignal): Promise<string> => deps.runtime.createContainer(request, { signal: limit });
  const id = await undisturbed(create, { signal, clock }).catch((error: unknown) => {
    throw fail('CreateContainerError', error);
  });
  deps.events.normal(pod, container, 'Created', 'Container created');
  const begin = (limit: AbortSignal): Promise<void> => deps.runtime.startContainer(id, { signal: limit });
  await undisturbed(begin, { signal, clock }).catch((error: unknown) => {
    throw fail('RunContainerError', error);
  });
  deps.events.normal(pod, container, 'Started', 'Container started');
  await linkLog({ id, container }, { ...context, logPath: config.logPath }, deps);

  const postStart = container.spec.lifecycle?.postStart;
  if (!postStart) return;
  try {
    const target = { pod, container, containerId: id, podIp: context.ips[0] ?? '' };
    await runHook(postStart, target, { ...deps, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    deps.events.warning(pod, container, 'FailedPostStartHook', 'PostStartHook failed');
    const stopped = { pod, container, record: { id }, podIp: context.ips[0] ?? '' };
    await stopContainer(stopped, { graceSeconds: graceOf(pod), message: 'FailedPostStartHook', signal }, deps);
    throw new StartError('PostStartHookError', messageOf(error), { cause: error });
  }
}

/** A failure to create the link does not keep the container from starting. */
async function linkLog(
  { id, container }: { readonly id: string; readonly container: ContainerStart['container'] },
  { pod, sandboxConfig, logPath = '' }: StartContext & { readonly logPath: string | undefined },
  { logLinks, log }: PodWorkerDeps,
): Promise<void> {
  const { name: podName, namespace = 'default' } = pod.metadata;
  try {
    const of = { podName, namespace, container: container.spec.name, id };
    await logLinks.add(of, `${sandboxConfig.logDirectory}/${logPath}`);
  } catch (error) {
    log.warn('Cannot link the log of a container', { pod: podName, namespace, container: id, error: messageOf(error) });
  }
}

async function configure(
  { container, attempt }: Pick<ContainerStart, 'container' | 'attempt'>,
  context: StartContext,
  deps: PodWorkerDeps,
): Promise<ReturnType<typeof containerConfig>> {
  const { pod, volumes, ips, image } = context;
  const { node } = deps;
  const podDir = deps.volumes.podDir(pod.metadata.uid);
  const logDirectory = `${context.sandboxConfig.logDirectory}/${container.spec.name}`;
  const facts = { ...node.facts(), podIps: pod.spec?.hostNetwork ? node.facts().hostIps : ips };
  const [environment, hostsFile, extras] = await Promise.all([
    environmentOf(pod, container.spec, { ...deps.environment, facts, file: filesOf(volumes) }),
    writeHostsFile(pod, { podDir, ips: facts.podIps, clusterDomain: node.dns().domain }),
    extrasOf(pod, container.spec, { deps, signal: context.signal }),
    mkdir(logDirectory, { recursive: true }),
  ]);
  const mounts = await mountsOf(container, {
    volumes,
    imageVolumes: context.imageVolumes,
    podDir,
    attempt,
    recursiveReadOnly: mountsRecursively(deps.handlers(), context.handler),
    ...(deps.node.seLinux ? { relabel: true } : {}),
    environment,
    hostsFile,
    mounter: deps.volumes.mounter,
  });
  return containerConfig(pod, container, {
    attempt,
    image: image.spec,
    imageUser: { uid: image.status.uid ? Number(image.status.uid.value) : undefined, name: image.status.username },
    environment,
    mounts,
    userNamespace: await deps.userNamespaces.of(pod, context.handler),
    devices: deviceMounts(pod, container.spec, volumes),
    extras,
    seccompDir: node.seccompDir,
    seccompDefault: node.seccompDefault,
    limits: node.limits,
    memoryCapacity: node.memoryCapacity,
    ...(context.targetId ? { targetId: context.targetId } : {}),
  });
}

/** The container's devices and CPUs, from plugins and through claims. */
async function extrasOf(
  pod: Pod,
  container: Container,
  { deps, signal }: { deps: PodWorkerDeps; signal: AbortSignal },
): Promise<ContainerExtras> {
  const claimed = deps.dra?.cdiDevices(pod, container) ?? [];
  const extras = (await deps.resources?.extras(pod, container, signal)) ?? {};
  return claimed.length === 0 ? extras : { ...extras, cdiDevices: [...(extras.cdiDevices ?? []), ...claimed] };
}

/** Reads files of the pod's volumes, for variables with `fileKeyRef`. */
function filesOf(volumes: VolumePaths): (volume: string, path: string) => Promise<string | undefined> {
  return async (name, path) => {
    const volume = volumes.get(name);
    if (volume === undefined) throw new Error(`cannot find the volume "${name}" referenced by FileKeyRef`);
    return fileOfVolume(volume, path);
  };
}

/** Devices are read-only where the pod's claim is (upstream: makeBlockVolumes). */
function deviceMounts(
  pod: Pod,
  { name: container, volumeDevices = [] }: Container,
  volumes: VolumePaths,
): readonly Device[] {
  return volumeDevices.map(({ name, devicePath }) => {
    const hostPath = volumes.get(name);
    if (hostPath === undefined) throw new Error(`cannot find volume "${name}" to pass into container "${container}"`);
    const volume = pod.spec?.volumes?.find((one) => one.name === name);
    const permissions = volume?.persistentVolumeClaim?.readOnly ? 'r' : 'mrw';
    return { containerPath: devicePath, hostPath, permissions };
  });
}
