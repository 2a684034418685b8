import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { Ingress, IngressBackend } from '@typernetes/api/networking/v1';
import { type LocationOptions, optionsOf } from './annotations.ts';
import { readyAddresses, servicePort } from './endpoints.ts';

/** The cluster state that routes are computed from. */
export interface Sight {
  /** The Ingresses of this controller's classes. */
  readonly ingresses: readonly Ingress[];
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  /** Certificate and key in PEM from a Secret of type kubernetes.io/tls; undefined if either is missing or invalid. */
  certificate(namespace: string, secret: string): string | undefined;
}

/** The pods behind one port of a Service. */
interface Upstream {
  readonly name: string;
  /** `10.244.0.7:80` */
  readonly addresses: readonly string[];
}

export interface Location {
  readonly path: string;
  readonly match: 'exact' | 'prefix' | 'regex';
  /** Undefined when there are no pods: 503. */
  readonly upstream: string | undefined;
  readonly options: LocationOptions;
  /** The Ingress that the location comes from. */
  readonly ingress: Ingress;
}

/** The routes of one host. */
export interface Host {
  /** Empty for the default host, which serves all names without routes of their own. */
  readonly name: string;
  /** The name of one of the certificates; undefined: the controller's own. */
  readonly certificate: string | undefined;
  /** The longest path first. */
  readonly locations: readonly Location[];
}

interface Problem {
  readonly ingress: Ingress;
  readonly message: string;
}

export interface Routes {
  readonly hosts: readonly Host[];
  readonly upstreams: readonly Upstream[];
  /** PEM texts by name. */
  readonly certificates: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

interface HostDraft {
  certificate: string | undefined;
  readonly locations: Map<string, Location>;
  /** Serves paths that no location matches. */
  rest: Location | undefined;
}

/**
 * Computes the routes. If several Ingresses have the same host and path, the oldest wins, as in ingress-nginx. `/path`
 * as a prefix matches whole elements: `/path` and `/path/x`, not `/pathx`.
 */
export function routesOf(sight: Sight): Routes {
  const hosts = new Map<string, HostDraft>();
  const upstreams = new Map<string, Upstream>();
  const certificates = new Map<string, string>();
  const problems: Problem[] = [];
  const hostOf = (name: string): HostDraft => {
    const host = hosts.get(name) ?? { certificate: undefined, locations: new Map(), rest: undefined };
    hosts.set(name, host);
    return host;
  };
  for (const ingress of [...sight.ingresses].sort(oldestFirst)) {
    const { namespace = '' } = ingress.metadata;
    const report = (message: string): undefined => {
      problems.push({ ingress, message });
    };
    const { options, problems: unheeded } = optionsOf(ingress.metadata.annotations);
    for (const message of unheeded) report(message);
    const upstreamOf = (backend: IngressBackend): string | undefined => {
      const upstream = upstreamFor(backend, namespace, sight);
      if (typeof upstream === 'string') return report(upstream);
      if (upstream.addresses.length === 0) return undefined;
      upstreams.set(upstream.name, upstream);
      return upstream.name;
    };
    const { rules = [], tls = [], defaultBackend } = ingress.spec;
    for (const { host: name = '', http } of rules) {
      const host = hostOf(name);
      for (const { path = '/', pathType, backend } of http?.paths ?? []) {
        const match = pathType === 'Exact' ? 'exact' : options.useRegex ? 'regex' : 'prefix';
        if (/\p{Cc}/u.test(path)) {
          report(notServed(path, 'it has control characters'));
          continue;
        }
        const key = `${match === 'exact' ? '=' : ''}${path}`;
        if (!host.locations.has(key))
          host.locations.set(key, { path, match, upstream: upstreamOf(backend), options, ingress });
      }
    }
    if (defaultBackend) {
      const upstream = upstreamOf(defaultBackend);
      const rest: Location = { path: '/', match: 'prefix', upstream, options, ingress };
      const names = rules.length === 0 ? [''] : rules.map(({ host = '' }) => host);
      for (const name of names) hostOf(name).rest ??= rest;
    }
    for (const { hosts: names = [], secretName } of tls) {
      if (!secretName) continue;
      const id = `${namespace}_${secretName}`;
      const pem = sight.certificate(namespace, secretName);
      if (!pem)
        report(`secret ${namespace}/${secretName} has no certificate that can be shown: the controller shows its own`);
      else certificates.set(id, pem);
      // A TLS host that no rule names has nothing to serve.
      for (const name of names.length > 0 ? names : ['']) {
        const host = hosts.get(name);
        if (host && pem) host.certificate ??= id;
      }
    }
  }
  const all = [...hosts].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    hosts: all.map(([name, { certificate, locations, rest }]) => ({
      name,
      certificate,
      locations: inOrder(locations, rest),
    })),
    upstreams: [...upstreams.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
    certificates,
    problems,
  };
}

/** The problem reported for a path that is left out. */
export const notServed = (path: string, why: string): string => `path ${JSON.stringify(path)} is not served: ${why}`;

function inOrder(locations: ReadonlyMap<string, Location>, rest: Location | undefined): readonly Location[] {
  const all = [...locations.values()];
  if (rest && !all.some(({ path, match }) => path === '/' && match !== 'exact')) all.push(rest);
  return all.sort((one, other) => other.path.length - one.path.length || (one.path < other.path ? -1 : 1));
}

function oldestFirst(one: Ingress, other: Ingress): number {
  const key = ({ metadata }: Ingress): string =>
    `${metadata.creationTimestamp ?? ''} ${metadata.namespace}/${metadata.name}`;
  return key(one) < key(other) ? -1 : 1;
}

/** The upstream of a backend, or why it cannot be served. */
function upstreamFor({ service: wanted }: IngressBackend, namespace: string, sight: Sight): Upstream | string {
  if (!wanted) return 'only Services can be backends here';
  const { name, port: asked = {} } = wanted;
  const service = sight.service(namespace, name);
  if (!service) return `service ${namespace}/${name} does not exist`;
  if (service.spec?.type === 'ExternalName')
    return `service ${namespace}/${name} is of type ExternalName, which cannot be a backend here`;
  const port = servicePort(service, asked);
  if (!port) return `service ${namespace}/${name} has no port ${JSON.stringify(asked.name ?? asked.number)}`;
  return {
    name: `${namespace}_${name}_${port.name ?? port.port}`,
    addresses: readyAddresses(sight.slices(namespace, name), port.name ?? ''),
  };
}
