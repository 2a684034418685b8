import { goQuote } from '@typernetes/machinery';
import { addressWarnings } from './address-warnings.ts';
import { deprecatedLabelText, nameWarnings, selectorTermWarnings } from './name-warnings.ts';
import type {
  Affinity,
  Container,
  ContainerPort,
  EnvVar,
  Pod,
  PodAffinityTerm,
  PodSpec,
  PodTemplateSpec,
} from './v1.gen.ts';
import { fractionWarnings, podVolumeWarnings } from './volume-warnings.ts';

interface Metadata {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Annotations that fields have replaced. */
const annotationsOfOld = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
] as const;
const seccompText = 'non-functional in v1.27+; use the "seccompProfile" field instead';
/** Followed by the container's name. */
export const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';
export const appArmorText = 'deprecated since v1.30; use the "appArmorProfile" field instead';

/** Warnings for a new pod; updates get none. Upstream: GetWarningsForPod. */
export function* podWarnings({ metadata, spec }: Pod): Iterable<string> {
  yield* nameWarnings(metadata.name, "the Pod's hostname");
  yield* warningsOf({ metadata, spec, at: '' });
}

/** Warnings for the template at `at`. Upstream: GetWarningsForPodTemplate. */
export function* podTemplateWarnings(template: PodTemplateSpec | undefined, at: string): Iterable<string> {
  const { metadata = {}, spec } = template ?? {};
  if (!spec) return;
  yield* warningsOf({ metadata, spec, at: `${at}.` });
  const isForAll = spec.securityContext?.appArmorProfile !== undefined;
  for (const { container } of containersOf(spec, '')) {
    const annotation = appArmorAnnotation + container.name;
    if (isForAll || container.securityContext?.appArmorProfile || metadata.annotations?.[annotation] === undefined)
      continue;
    yield `${at}.metadata.annotations[${annotation}]: ${appArmorText}`;
  }
}

/** `at`: the path of both, as a prefix. */
interface Described {
  readonly metadata: Metadata;
  readonly spec: PodSpec;
  readonly at: string;
}

function* warningsOf({ metadata: { annotations = {} }, spec, at }: Described): Iterable<string> {
  for (const label of Object.keys(spec.nodeSelector ?? {})) {
    const text = deprecatedLabelText(label);
    if (text !== undefined) yield `${at}spec.nodeSelector[${label}]: ${text}`;
  }
  if (spec.affinity) yield* nodeAffinityWarnings(spec.affinity, `${at}spec.affinity.nodeAffinity`);
  for (const [i, { topologyKey, labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const path = `${at}spec.topologySpreadConstraints[${i}]`;
    const text = deprecatedLabelText(topologyKey);
    if (text !== undefined) yield `${path}.topologyKey: ${topologyKey} is ${text}`;
    if (!labelSelector) yield `${path}.labelSelector: ${noPodText}`;
  }
  const annotationAt = (key: string, text: string): string => `${at}metadata.annotations[${key}]: ${text}`;
  for (const [key, text] of annotationsOfOld) if (annotations[key] !== undefined) yield annotationAt(key, text);
  if (spec.volumes) yield* podVolumeWarnings(spec.volumes, `${at}spec.volumes`);
  for (const [i, ip] of repeated(spec.hostAliases?.map((alias) => alias.ip)))
    yield `${at}spec.hostAliases[${i}].ip: duplicate ip ${goQuote(ip)}`;
  for (const [i, { ip }] of (spec.hostAliases ?? []).entries())
    yield* addressWarnings(ip, `${at}spec.hostAliases[${i}].ip`);
  for (const [i, server] of (spec.dnsConfig?.nameservers ?? []).entries())
    yield* addressWarnings(server, `${at}spec.dnsConfig.nameservers[${i}]`);
  if (spec.imagePullSecrets) yield* pullSecretWarnings(spec, at);
  if (spec.overhead)
    for (const name of bytesNames) yield* fractionWarnings(spec.overhead[name], `${at}spec.overhead[${name}]`);
  const ofPod = 'seccomp.security.alpha.kubernetes.io/pod';
  if (!spec.securityContext?.seccompProfile && annotations[ofPod] !== undefined) yield annotationAt(ofPod, seccompText);
  for (const { container, path } of containersOf(spec, at)) {
    const ofContainer = `container.seccomp.security.alpha.kubernetes.io/${container.name}`;
    if (!container.securityContext?.seccompProfile && annotations[ofContainer] !== undefined)
      yield annotationAt(ofContainer, seccompText);
    yield* containerWarnings(container, path);
  }
  yield* portWarnings(spec, at);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    yield `${at}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`;
  if (spec.affinity)
    for (const kind of ['podAffinity', 'podAntiAffinity'] as const)
      yield* podAffinityWarnings(spec.affinity[kind], `${at}spec.affinity.${kind}`);
}

const noPodText = 'a null labelSelector results in matching no pod';

function* nodeAffinityWarnings({ nodeAffinity }: Affinity, at: string): Iterable<string> {
  const { requiredDuringSchedulingIgnoredDuringExecution: required } = nodeAffinity ?? {};
  for (const [i, term] of (required?.nodeSelectorTerms ?? []).entries())
    yield* selectorTermWarnings(term, `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`);
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } = nodeAffinity ?? {};
  for (const [i, { preference }] of preferred.entries())
    yield* selectorTermWarnings(preference, `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`);
}

function* podAffinityWarnings(affinity: Affinity['podAffinity'], at: string): Iterable<string> {
  const without = ({ labelSelector }: PodAffinityTerm): boolean => !labelSelector;
  for (const [i, term] of (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    if (without(term)) yield `${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${noPodText}`;
  for (const [i, term] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    if (without(term.podAffinityTerm))
      yield `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${noPodText}`;
}

function* pullSecretWarnings({ imagePullSecrets = [] }: PodSpec, at: string): Iterable<string> {
  const path = `${at}spec.imagePullSecrets`;
  for (const [i, name] of repeated(imagePullSecrets.map((secret) => secret.name ?? '')))
    yield `${path}[${i}].name: duplicate name ${goQuote(name)}`;
  for (const [i, { name }] of imagePullSecrets.entries()) if (!name) yield `${path}[${i}].name: invalid empty name ""`;
}

/** Values that occurred before, with their paths. */
function* repeated(values: readonly string[] = []): Iterable<readonly [number, string]> {
  const seen = new Set<string>();
  for (const [i, value] of values.entries()) {
    if (seen.has(value)) yield [i, value];
    seen.add(value);
  }
}

interface Visited {
  readonly container: Pick<Container, 'name' | 'env' | 'ports' | 'resources' | 'securityContext'>;
  readonly path: string;
}

function* containersOf(spec: PodSpec, at: string): Iterable<Visited> {
  for (const kind of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    for (const [i, container] of (spec[kind] ?? []).entries()) yield { container, path: `${at}spec.${kind}[${i}]` };
}

const bytesNames = ['memory', 'ephemeral-storage'] as const;

function* containerWarnings({ resources, env = [] }: Visited['container'], at: string): Iterable<string> {
  for (const name of resources ? bytesNames : [])
    for (const kind of ['limits', 'requests'] as const) {
      const amount = resources?.[kind]?.[name];
      if (amount !== undefined) yield* fractionWarnings(amount, `${at}.resources.${kind}[${name}]`);
    }
  if (env.length < 2) return;
  const seen = new Set<string>();
  for (const [i, variable] of env.entries()) {
    if (seen.has(variable.name) && hidesAnother(variable))
      yield `${at}.env[${i}]: hides previous definition of ${goQuote(variable.name)}, which may be dropped when using apply`;
    seen.add(variable.name);
  }
}

/** A variable that refers to its earlier value within a longer text is deliberate. */
function hidesAnother({ name, value = '', valueFrom }: EnvVar): boolean {
  const reference = `$(${name})`;
  return valueFrom !== undefined || value === reference || !value.includes(reference);
}

interface KnownPort {
  readonly port: ContainerPort;
  readonly path: string;
}

function* portWarnings(spec: PodSpec, at: string): Iterable<string> {
  const known = new Map<string, KnownPort[]>();
  for (const { container, path: containerPath } of containersOf(spec, at)) {
    for (const [i, port] of (container.ports ?? []).entries()) {
      const path = `${containerPath}.ports[${i}]`;
      if (port.hostIP && !port.hostPort) yield `${path}: hostIP set without hostPort: ${goFormOf(port)}`;
      const subject = `${port.containerPort}/${port.protocol ?? 'TCP'}`;
      const others = known.get(subject) ?? [];
      for (const other of others) yield* clashOf({ port, path }, other);
      known.set(subject, [...others, { port, path }]);
    }
  }
}

function* clashOf({ port, path }: KnownPort, other: KnownPort): Iterable<string> {
  const [hostPort, otherPort] = [port.hostPort ?? 0, other.port.hostPort ?? 0];
  const [hostIP, otherIP] = [port.hostIP ?? '', other.port.hostIP ?? ''];
  if (hostIP === otherIP && hostPort === otherPort) yield `${path}: duplicate port definition with ${other.path}`;
  else if (hostPort === 0 || otherPort === 0) yield `${path}: overlapping port definition with ${other.path}`;
  else if (hostPort === otherPort && (hostIP === '') !== (otherIP === ''))
    yield `${path}: dangerously ambiguous port definition with ${other.path}`;
}

/** The port as Go prints it. */
function goFormOf({ name = '', hostPort = 0, containerPort, protocol = 'TCP', hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
