import { isPodTerminal } from '@typernetes/api';
import type { Pod, Service } from '@typernetes/api/core/v1';
import { type Informer, type Wake, wakeOn } from '@typernetes/client';
import { keyOf, type ObjectKey, selectorFromLabels } from '@typernetes/machinery';

/** A service's port, resolved for one pod. */
interface BackendPort {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  readonly appProtocol?: string;
}

/** Whether pods are looked up for the service at all: without a selector its endpoints are someone else's. */
export function selectsPods({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && Object.keys(spec.selector ?? {}).length > 0;
}

function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === 'None';
}

const headlessLabel = 'service.kubernetes.io/headless';

/** The labels of the service for its endpoints. Users cannot set the headless label. */
export function withHeadless(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return { ...labels, ...(isHeadless(service) ? { [headlessLabel]: '' } : {}) };
}

/** The pods behind a service that have an address, whether ready or not. */
export function backends(service: Service, pods: readonly Pod[]): readonly Pod[] {
  const selector = selectorFromLabels(service.spec.selector ?? {});
  return pods.filter(
    (pod) => !isPodTerminal(pod) && addressesOf(pod).length > 0 && selector.matches(pod.metadata.labels),
  );
}

export function addressesOf({ status }: Pod): readonly string[] {
  const all = (status?.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return all.length > 0 ? all : status?.podIP ? [status.podIP] : [];
}

/** The ports of the service as this pod serves them; omits named ones that it does not have. */
export function portsFor({ spec }: Service, pod: Pod): readonly BackendPort[] {
  return (spec.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port, targetPort = port, appProtocol }) => {
    const number = typeof targetPort === 'number' ? targetPort || port : namedPort(pod, targetPort, protocol);
    if (number === undefined) return [];
    return [{ name, protocol, port: number, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function namedPort({ spec }: Pod, name: string, protocol: string): number | undefined {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports = [] } of [...spec.containers, ...sidecars])
    for (const port of ports)
      if (port.name === name && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
  return undefined;
}

/** The DNS name of the pod within the service. */
export function hostnameFor({ metadata }: Service, { spec, metadata: pod }: Pod): string | undefined {
  const same = spec.subdomain === metadata.name && pod.namespace === metadata.namespace;
  return same && spec.hostname ? spec.hostname : undefined;
}

/** Wakes the services that select a pod, before or after its change. */
export function wakeServicesOf(pods: Informer<Pod>, services: Informer<Service>): Wake {
  return wakeOn(pods, ({ metadata }): ObjectKey[] =>
    services.lister
      .inNamespace(metadata.namespace ?? '')
      .filter((service) => selectsPods(service) && matches(service, metadata.labels))
      .map(keyOf),
  );
}

function matches({ spec }: Service, labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(spec.selector ?? {}).every(([name, value]) => labels?.[name] === value);
}
