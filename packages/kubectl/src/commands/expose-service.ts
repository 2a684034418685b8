import type { Container, ServicePort } from '@typernetes/api/core/v1';
import type { ApiObject, LabelSelector } from '@typernetes/machinery';
import { apiVersionOf } from '@typernetes/machinery';
import type { AnyResource } from '../resources/any-resource.ts';

/** The facts about the exposed object: its pod selector and the ports of its pods. */
export interface Exposed {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: string; readonly protocol: string }[];
}

const exposable = ['Pod', 'Service', 'ReplicationController', 'Deployment', 'ReplicaSet'];

/** Throws on kinds without pods. */
export function exposedBy(type: AnyResource, object: ApiObject): Exposed {
  if (!exposable.includes(type.kind)) {
    throw new Error(`cannot expose a ${type.kind}${type.group ? `.${type.group}` : ''}`);
  }
  const { spec = {} } = object as unknown as {
    spec?: {
      selector?: LabelSelector | Record<string, string>;
      containers?: Container[];
      ports?: ServicePort[];
      template?: { metadata?: { labels?: Record<string, string> }; spec?: { containers: Container[] } };
    };
  };
  switch (type.kind) {
    case 'Pod': {
      const { labels = {} } = object.metadata;
      if (Object.keys(labels).length === 0)
        throw new Error(
          "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        );
      return { selector: labels, ports: containerPorts(spec.containers) };
    }
    case 'Service': {
      if (!spec.selector)
        throw new Error(
          "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set",
        );
      const ports = (spec.ports ?? []).map(({ port, protocol = 'TCP' }) => ({ port: String(port), protocol }));
      return { selector: spec.selector as Record<string, string>, ports };
    }
    default: {
      const selector = spec.selector ?? {};
      const { matchExpressions, matchLabels } = selector as LabelSelector;
      if (matchExpressions && matchExpressions.length > 0) {
        throw new Error(
          "couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions to map-based selector format",
        );
      }
      const labels = matchLabels ?? (type.group === '' ? (selector as Record<string, string>) : {});
      return { selector: labels, ports: containerPorts(spec.template?.spec?.containers) };
    }
  }
}

function containerPorts(containers: readonly Container[] = []): Exposed['ports'] {
  return containers.flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, protocol = 'TCP' }) => ({ port: String(containerPort), protocol })),
  );
}

/** Ports of a Service: named `port-1`, `port-2` when there are several; they target the same port of the pods unless `target` is given. */
export function servicePortsOf({
  ports,
  protocolOf,
  target,
}: {
  ports: readonly string[];
  protocolOf: (port: string) => string;
  target: string;
}): object[] {
  return ports.map((port, i) => ({
    ...(ports.length > 1 ? { name: `port-${i + 1}` } : {}),
    port: Number(port),
    protocol: protocolOf(port),
    targetPort: target === '' ? Number(port) : /^\d+$/.test(target) ? Number(target) : target,
  }));
}

export function referenceOf(type: AnyResource, name: string): { apiVersion: string; kind: string; name: string } {
  return { apiVersion: apiVersionOf(type), kind: type.kind, name };
}
