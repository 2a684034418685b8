import type { Container, EnvVar, EphemeralContainer, Node, Pod, PodSpec } from '@typernetes/api/core/v1';
import { type KeptParts, type ProfileName, profiledContainer, profiledNodePod } from './profiles.ts';

/** The command line's settings for the debugging container. */
export interface DebugContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly pullPolicy: string;
  readonly env: readonly EnvVar[];
  /** The words after `--`, and whether they are arguments for the image's entrypoint. */
  readonly words: readonly string[];
  readonly argumentsOnly: boolean;
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** The container that joins a running pod. */
export function ephemeralContainer(
  spec: DebugContainerSpec,
  { profile, target }: { profile: ProfileName; target: string },
): EphemeralContainer {
  const container = {
    ...newContainer(spec),
    ...(target ? { targetContainerName: target } : {}),
  } as unknown as EphemeralContainer;
  return profiledContainer(container, profile, 'ephemeral');
}

export interface CopyOptions {
  readonly name: string;
  readonly profile: ProfileName;
  readonly keep: KeptParts;
  readonly images: Readonly<Record<string, string>>;
  readonly sameNode: boolean;
  /** Undefined: the profile's default. */
  readonly shareProcesses: boolean | undefined;
}

/**
 * A copy of the pod with an added or a changed container, and that container's name: undefined if only
 * images are changed. Throws when a new container has no image.
 */
export function podCopy(
  pod: Pod,
  { container, ...options }: CopyOptions & { container: DebugContainerSpec },
): { pod: Pod; container: string | undefined } {
  const { ephemeralContainers: _, nodeName, ...spec } = pod.spec;
  const { images, sameNode, shareProcesses } = options;
  const containers = spec.containers.map((each) => {
    const image = images[each.name] ?? images['*'];
    return image ? { ...each, image } : each;
  });
  const whole: PodSpec = {
    ...spec,
    containers,
    ...(shareProcesses === undefined ? {} : { shareProcessNamespace: shareProcesses }),
    ...(sameNode && nodeName ? { nodeName } : {}),
  };
  const copy = (changed: PodSpec): Pod =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: options.name,
        namespace: pod.metadata.namespace,
        ...(pod.metadata.labels ? { labels: pod.metadata.labels } : {}),
        ...(pod.metadata.annotations ? { annotations: pod.metadata.annotations } : {}),
      },
      spec: changed,
    }) as unknown as Pod;
  const { initContainers = [] } = spec;
  const isSought = ({ name }: Container): boolean => name === container.name;
  // Of one name there may be only one, so it is changed where it stands.
  const known = containers.some(isSought) || initContainers.some(isSought);
  if (!known && container.image === '') {
    if (Object.keys(images).length > 0) return { pod: copy(whole), container: undefined };
    throw new Error('you must specify image when creating new container');
  }
  const changed = (each: Container): Container => (isSought(each) ? changedContainer(each, container) : each);
  const parts = {
    containers: known ? containers.map(changed) : [...containers, newContainer(container)],
    ...(spec.initContainers ? { initContainers: initContainers.map(changed) } : {}),
  };
  return {
    pod: profiledCopy(copy({ ...whole, ...parts }), container.name, options),
    container: container.name,
  };
}

/**
 * Applies the profile to the debugging container. All profiles but the legacy one also remove labels and probes from the pod, which flags can keep; the
 * legacy one removes labels, whatever the flags.
 */
function profiledCopy(pod: Pod, container: string, { profile, keep }: CopyOptions): Pod {
  const { labels, annotations, ...metadata } = pod.metadata;
  const keepAll = profile === 'legacy';
  const { initContainers, ...spec } = pod.spec;
  const profiled = (each: Container): Container =>
    each.name === container ? profiledContainer(each, profile, 'copy') : each;
  const containers = spec.containers.map((each) => {
    const { livenessProbe, readinessProbe, startupProbe, ...rest } = each;
    const kept = {
      ...rest,
      ...(livenessProbe && (keepAll || keep.liveness) ? { livenessProbe } : {}),
      ...(readinessProbe && (keepAll || keep.readiness) ? { readinessProbe } : {}),
      ...(startupProbe && (keepAll || keep.startup) ? { startupProbe } : {}),
    } as Container;
    return profiled(kept);
  });
  return {
    ...pod,
    metadata: {
      ...metadata,
      ...(labels && keep.labels && !keepAll ? { labels } : {}),
      ...(annotations && (keepAll || keep.annotations) ? { annotations } : {}),
    },
    spec: {
      ...spec,
      ...(initContainers && (keepAll || keep.initContainers) ? { initContainers: initContainers.map(profiled) } : {}),
      containers,
      ...(keepAll ? {} : { shareProcessNamespace: spec.shareProcessNamespace ?? true }),
    },
  } as Pod;
}

/** The pod that debugs a node: bound to it, tolerating all taints, never restarted. */
export function nodeDebugPod(
  node: Node,
  { name, profile, container }: { name: string; profile: ProfileName; container: DebugContainerSpec },
): Pod {
  const spec = {
    containers: [newContainer(container)],
    nodeName: node.metadata.name,
    restartPolicy: 'Never',
    tolerations: [{ operator: 'Exists' }],
  } as unknown as PodSpec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' } },
    spec: profiledNodePod(spec, profile),
  } as unknown as Pod;
}

function newContainer(spec: DebugContainerSpec): Container {
  return {
    name: spec.name,
    image: spec.image,
    terminationMessagePolicy: 'File',
    ...given(spec),
    ...(spec.stdin ? { stdin: true } : {}),
    ...(spec.tty ? { tty: true } : {}),
  } as unknown as Container;
}

/** An existing container of the pod as the debugging container. */
function changedContainer({ args, ...container }: Container, spec: DebugContainerSpec): Container {
  const keepsArgs = args && (spec.words.length === 0 || spec.argumentsOnly);
  return {
    ...container,
    ...(keepsArgs ? { args } : {}),
    ...(spec.image ? { image: spec.image } : {}),
    ...given(spec),
    stdin: spec.stdin,
    tty: spec.tty,
  } as Container;
}

function given(spec: DebugContainerSpec): Partial<Container> {
  const words = [...spec.words];
  return {
    ...(words.length === 0 ? {} : spec.argumentsOnly ? { args: words } : { command: words }),
    ...(spec.env.length > 0 ? { env: [...spec.env] } : {}),
    ...(spec.pullPolicy ? { imagePullPolicy: spec.pullPolicy as NonNullable<Container['imagePullPolicy']> } : {}),
  };
}
