import { parseSelector } from '@typernetes/machinery';
import { decode } from 'dns-packet';
import { argumentsOf, counted, integer, missingProperty, once, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, problemAt, wrongCount } from '../corefile/word.ts';
import { isInZone, zoneName, zoneOf, zonesOfHost } from '../corefile/zone-name.ts';
import { codes } from '../wire/message.ts';
import type { KubernetesSettings } from '../zone/kubernetes-settings.ts';
import type { DnsRecord } from '../zone/record.ts';
import { isReverseName } from '../zone/reverse-name.ts';
import { type ClusterView, lookup, negative, type ZoneOptions } from '../zone/zone.ts';
import { zonesGiven } from './hosts.ts';
import { asking, authoritative, empty, failed, type Handler, type Plugin, type Query } from './query.ts';

/** CoreDNS's options for clusters other than its own. */
const foreign = new Set(['endpoint', 'tls', 'kubeconfig', 'multicluster', 'namespace_labels']);

/** `kubernetes [ZONES...] { … }` */
export function parseKubernetes(lines: readonly Line[], blockZones: readonly string[]): KubernetesSettings {
  const line = once(lines);
  const given = argumentsOf(line).flatMap(zonesOfHost);
  const zones = given.length > 0 ? given : blockZones;
  if (zones.every(isReverseZone)) throw new CorefileError('non-reverse zone name must be used');
  let settings: KubernetesSettings = {
    zones,
    pods: 'disabled',
    podNames: false,
    ttl: 5,
    fallthrough: [],
    endpoints: true,
    namespaces: [],
    labels: undefined,
    ignoreEmptyServices: false,
  };
  for (const option of line.block) settings = { ...settings, ...optionOf(option) };
  return settings;
}

const isReverseZone = (zone: string): boolean => isReverseName(`.${zone}`);

function optionOf(line: Line): Partial<KubernetesSettings> {
  const [word, value] = line.words;
  switch (word.text) {
    case 'endpoint_pod_names':
      counted(line, 0);
      return { podNames: true };
    case 'pods': {
      const [mode = ''] = counted(line, 1);
      if (mode !== 'disabled' && mode !== 'verified' && mode !== 'insecure')
        throw new CorefileError(`wrong value for pods: ${mode},  must be one of: disabled, verified, insecure`);
      return { pods: mode };
    }
    case 'namespaces':
      if (!value) throw wrongCount(word);
      return { namespaces: argumentsOf(line) };
    case 'labels': {
      if (!value) throw wrongCount(word);
      const text = argumentsOf(line).join(' ');
      try {
        return { labels: parseSelector(text) };
      } catch (error) {
        throw new CorefileError(`unable to parse label selector value: '${text}': ${(error as Error).message}`);
      }
    }
    case 'fallthrough':
      return { fallthrough: zonesGiven(line) };
    case 'ttl': {
      if (!value) throw wrongCount(word);
      const ttl = integer(value.text);
      if (ttl < 0 || ttl > 3600) throw problemAt(value, `ttl must be in range [0, 3600]: ${ttl}`);
      return { ttl };
    }
    case 'noendpoints':
      counted(line, 0);
      return { endpoints: false };
    case 'ignore': {
      const what = value?.text ?? '';
      if (what !== 'empty_service') throw new CorefileError(`unable to parse ignore value: '${what}'`);
      return { ignoreEmptyServices: true };
    }
    default:
      throw foreign.has(word.text) ? missingProperty(line) : unknownProperty(line);
  }
}

interface KubernetesDeps {
  readonly view: ClusterView;
  readonly serial: () => number;
  /** The addresses of this machine, by which it may be found behind a Service. */
  readonly ownAddresses?: readonly string[];
  /** Asks this server, from its first plugin on. */
  readonly self: Handler;
}

/** The maximum length of a chain of names. */
const mostNames = 8;

/** Answers for the names of services, endpoints and pods. */
export function kubernetesPlugin(settings: KubernetesSettings, deps: KubernetesDeps): Plugin {
  const view = narrowed(deps.view, settings);
  const primary = settings.zones.find((zone) => !isReverseZone(zone)) ?? '.';
  return (next) => async (query) => {
    const zone = zoneOf(query.name, settings.zones);
    if (zone === undefined) return next(query);
    const { ttl, pods, podNames } = settings;
    const { serial, ownAddresses = [] } = deps;
    if (query.type === 'AXFR' || query.type === 'IXFR')
      return { message: empty(query, codes.REFUSED), by: 'kubernetes' };
    const domain = isReverseZone(zone) ? primary : zone;
    const options: ZoneOptions = { domain, ttl, pods, podNames, serial, ownAddresses };
    const found =
      lookup(query.question.name, query.type, view, options) ?? negative('NXDOMAIN', { ...options, domain: zone });
    if (found.code === 'NXDOMAIN' && settings.fallthrough.some((one) => isInZone(query.name, one))) return next(query);
    const [first] = found.answers;
    if (first?.type !== 'CNAME' || (query.type !== 'A' && query.type !== 'AAAA'))
      return authoritative(query, 'kubernetes', found);
    if ((query.depth ?? 0) >= mostNames) return failed(query, 'kubernetes', `too many names lead to ${first.data}`);
    return authoritative(query, 'kubernetes', {
      ...found,
      answers: [...found.answers, ...(await recordsOfTarget(first.data, query, deps.self))],
    });
  };
}

/** The records of an external name: clients do not follow a CNAME themselves. */
async function recordsOfTarget(target: string, query: Query, self: Handler): Promise<DnsRecord[]> {
  const { message } = await self({ ...asking(query, zoneName(target)), depth: (query.depth ?? 0) + 1 });
  return (decode(message).answers ?? []).flatMap((record) =>
    record.type === 'A' || record.type === 'AAAA' || record.type === 'CNAME'
      ? [{ type: record.type, name: record.name, ttl: record.ttl ?? 0, data: record.data }]
      : [],
  );
}

/** The view without what the settings leave out. */
function narrowed(view: ClusterView, settings: KubernetesSettings): ClusterView {
  const { namespaces, labels, ignoreEmptyServices } = settings;
  if (namespaces.length === 0 && !labels && !ignoreEmptyServices) return view;
  const isSeen = (namespace: string): boolean => namespaces.length === 0 || namespaces.includes(namespace);
  type Service = NonNullable<ReturnType<ClusterView['service']>>;
  const isThere = (service: Service): boolean => {
    const { name, namespace = '', labels: own = {} } = service.metadata;
    if (!isSeen(namespace) || (labels && !labels.matches(own))) return false;
    const { type, clusterIP } = service.spec;
    if (!ignoreEmptyServices || type === 'ExternalName' || clusterIP === 'None') return true;
    return view
      .slicesOf(namespace, name)
      .some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions?.ready !== false));
  };
  return {
    ...view,
    service: (namespace, name) => {
      const service = view.service(namespace, name);
      return service && isThere(service) ? service : undefined;
    },
    namespaceExists: (name) => isSeen(name) && view.namespaceExists(name),
    servicesByClusterIP: (ip) => view.servicesByClusterIP(ip).filter(isThere),
    podHas: (namespace, ip) => isSeen(namespace) && view.podHas(namespace, ip),
    endpointsByIP: (ip) => view.endpointsByIP(ip).filter(({ service }) => isThere(service)),
  };
}
