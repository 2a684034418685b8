import type { Container, Pod, Service } from '@typernetes/api/core/v1';

/** With more than two parts the first one is used for both ports. */
const splitPort = (spec: string): { local: string; remote: string } => {
  const [first = '', second = first, ...more] = spec.split(':');
  return { local: first, remote: more.length > 0 ? first : second };
};

/** Accepts what Go's Atoi does; the range is checked later. */
const isNumber = (text: string): boolean => /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 63;

/** The ports of a Service's pod, or of a pod, that specifications mean, in numbers. Throws if there are none, or if they are of UDP. */
export function targetPorts(
  specs: readonly string[],
  { service, pod }: { service: Service | undefined; pod: Pod },
): string[] {
  for (const spec of specs) refuseUdp(splitPort(spec).remote, { service, pod });
  return specs.map((spec) => (service ? throughService(spec, service, pod) : namedPort(spec, pod)));
}

/** Replaces a container port's name, such as `http`, by its number. */
export function namedPort(spec: string, pod: Pod): string {
  const { local, remote } = splitPort(spec);
  if (remote === '') throw new Error('remote port cannot be empty');
  const shown = isNumber(remote) ? remote : String(containerPort(pod, remote));
  return local === remote ? shown : `${local}:${shown}`;
}

/** Maps a Service's port to its pods' port, by number or by name. */
export function throughService(spec: string, service: Service, pod: Pod): string {
  const { local, remote } = splitPort(spec);
  const { ports = [], clusterIP } = service.spec;
  const wanted = servicePort(service, remote);
  const found = ports.find(({ port }) => port === wanted);
  if (!found) throw new Error(`Service ${service.metadata.name} does not have a service port ${wanted}`);
  const { port, targetPort = port } = found;
  const own =
    clusterIP === 'None' ? port : typeof targetPort === 'number' ? targetPort : containerPort(pod, targetPort);
  // For a named port the local port has the same number.
  const near = !isNumber(remote) && local === remote ? String(wanted) : local;
  return near === String(own) ? near : `${near}:${own}`;
}

/** Only TCP is forwarded: a port that has nothing else is refused. */
function refuseUdp(spec: string, { service, pod }: { service: Service | undefined; pod: Pod }): void {
  const wanted = isNumber(spec) ? Number(spec) : service ? servicePort(service, spec) : containerPort(pod, spec);
  const all = service
    ? (service.spec.ports ?? [])
    : pod.spec.containers
        .flatMap(({ ports = [] }) => ports)
        .map(({ containerPort: port, protocol }) => ({ port, protocol }));
  const protocols = all.filter(({ port }) => port === wanted).map(({ protocol = 'TCP' }) => protocol);
  if (protocols.includes('UDP') && !protocols.includes('TCP'))
    throw new Error(`UDP protocol is not supported for ${spec}`);
}

/** A Service's port as a number, which need not be there. */
function servicePort({ metadata, spec: { ports = [] } }: Service, text: string): number {
  if (isNumber(text)) return Number(text);
  const found = ports.find(({ name = '' }) => name === text);
  if (!found) throw new Error(`Service '${metadata.name}' does not have a named port '${text}'`);
  return found.port;
}

function containerPort(pod: Pod, name: string): number {
  const containers: Container[] = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const found = containers.flatMap(({ ports = [] }) => ports).find((port) => (port.name ?? '') === name);
  if (!found) throw new Error(`Pod '${pod.metadata.name}' does not have a named port '${name}'`);
  return found.containerPort;
}
