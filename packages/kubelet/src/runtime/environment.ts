import type { Container, EnvVar, Pod, Service } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { milliOf } from '../pod/amount.ts';
import { variableIn } from './env-file.ts';
import { expand } from './expansion.ts';
import { fieldValue } from './field-ref.ts';
import type { PodFacts } from './pod-facts.ts';

/** The sources of a container's environment. Lookups resolve to undefined when the object does not exist. */
export interface EnvironmentSources {
  configMap(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Values decoded. */
  secret(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Services with a cluster IP of a namespace, and `kubernetes` of namespace default. */
  services(namespace: string): readonly Service[];
  /**
   * The text of a file in one of the pod's volumes; undefined if there is none. Throws for a volume that the pod does
   * not have.
   */
  file?(volume: string, path: string): Promise<string | undefined>;
  readonly facts: PodFacts;
}

/** A container's configuration is incomplete: something it refers to is missing. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** Anything that can be printed, but no equals sign. */
const variableName = /^[ -<>-~]+$/;

/** The environment, in order; later entries may refer to earlier ones. */
export async function environmentOf(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<ReadonlyMap<string, string>> {
  const namespace = pod.metadata.namespace ?? 'default';
  const services = serviceEnvironment(sources.services(namespace), pod);
  const result = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    const data = await (from.configMapRef
      ? required(sources.configMap(namespace, from.configMapRef.name ?? ''), from.configMapRef, 'configmap')
      : required(sources.secret(namespace, from.secretRef?.name ?? ''), from.secretRef ?? {}, 'secret'));
    for (const [key, value] of Object.entries(data ?? {})) {
      const name = `${from.prefix ?? ''}${key}`;
      if (variableName.test(name)) result.set(name, value);
    }
  }
  const lookup = (name: string): string | undefined => result.get(name) ?? services.get(name);
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expand(variable.value ?? '', lookup)
        : await valueFrom(pod, container, variable, sources);
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}

async function required(
  data: Promise<Readonly<Record<string, string>> | undefined>,
  ref: { name?: string; optional?: boolean },
  kind: 'configmap' | 'secret',
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = await data;
  if (found === undefined && !ref.optional) throw new ContainerConfigError(`${kind} "${ref.name}" not found`);
  return found;
}

async function valueFrom(
  pod: Pod,
  container: Container,
  { valueFrom }: EnvVar,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? 'default';
  if (valueFrom?.fieldRef) return fieldValue(pod, valueFrom.fieldRef.fieldPath, sources.facts);
  if (valueFrom?.resourceFieldRef) {
    const { resource, divisor, containerName } = valueFrom.resourceFieldRef;
    const target = containerName ? containerNamed(pod, containerName) : container;
    return resourceValue(target, resource, divisor, sources.facts);
  }
  if (valueFrom?.configMapKeyRef) {
    const { name = '', key, optional } = valueFrom.configMapKeyRef;
    const data = await required(sources.configMap(namespace, name), { name, optional }, 'configmap');
    if (data && data[key] === undefined && !optional)
      throw new ContainerConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return data?.[key];
  }
  if (valueFrom?.secretKeyRef) {
    const { name = '', key, optional } = valueFrom.secretKeyRef;
    const data = await required(sources.secret(namespace, name), { name, optional }, 'secret');
    if (data && data[key] === undefined && !optional)
      throw new ContainerConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return data?.[key];
  }
  if (valueFrom?.fileKeyRef) {
    const { volumeName, path, key, optional } = valueFrom.fileKeyRef;
    const text = await sources.file?.(volumeName, path);
    if (text === undefined && !optional)
      throw new ContainerConfigError(`failed to open environment variable file "${path}": no such file or directory`);
    let value: string | undefined;
    try {
      value = text === undefined ? undefined : variableIn(text, key);
    } catch (error) {
      throw new ContainerConfigError(messageOf(error), { cause: error });
    }
    // An empty value counts as none (upstream: ParseEnv).
    if (!value && !optional)
      throw new ContainerConfigError(`environment variable key "${key}" not found in file "${path}"`);
    return value || undefined;
  }
  return undefined;
}

function containerNamed(pod: Pod, name: string): Container {
  const found = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find((c) => c.name === name);
  if (!found) throw new ContainerConfigError(`container "${name}" not found`);
  return found;
}

/** `limits.cpu` and the like, in units of `divisor`, rounded up; a limit that is not set is what the node has. */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
  facts: Pick<PodFacts, 'allocatable'>,
): string {
  const [kind, name] = resource.split('.') as ['limits' | 'requests', 'cpu' | 'memory' | 'ephemeral-storage'];
  const own = container.resources?.[kind]?.[name];
  const amount = own ?? (kind === 'limits' ? facts.allocatable[name] : '0');
  const unit = milliOf(divisor) || 1000;
  return String(Math.ceil((milliOf(amount) ?? 0) / unit));
}

/** The variables that announce services, as the container links of old did. */
function serviceEnvironment(services: readonly Service[], pod: Pod): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  const links = pod.spec?.enableServiceLinks ?? true;
  for (const service of services) {
    const { clusterIP, ports = [] } = service.spec ?? {};
    const master = service.metadata.name === 'kubernetes' && service.metadata.namespace === 'default';
    const wanted = master || (links && service.metadata.namespace === pod.metadata.namespace);
    const first = ports[0];
    if (!wanted || !clusterIP || clusterIP === 'None' || !first) continue;
    const prefix = service.metadata.name.toUpperCase().replaceAll('-', '_');
    const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
    const url = (port: typeof first): string => `${(port.protocol ?? 'TCP').toLowerCase()}://${host}:${port.port}`;
    result.set(`${prefix}_SERVICE_HOST`, clusterIP);
    result.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const port of ports) {
      if (port.name)
        result.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port));
    }
    result.set(`${prefix}_PORT`, url(first));
    for (const port of ports) {
      const protocol = (port.protocol ?? 'TCP').toUpperCase();
      const name = `${prefix}_PORT_${port.port}_${protocol}`;
      result.set(name, url(port));
      result.set(`${name}_PROTO`, protocol.toLowerCase());
      result.set(`${name}_PORT`, String(port.port));
      result.set(`${name}_ADDR`, clusterIP);
    }
  }
  return result;
}
