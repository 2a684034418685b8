import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  labelNameProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { appProtocolProblems, oneOf, type Problems, port, wellFormed } from '../meta/field-checks.ts';
import { labelProblems } from '../meta/labels-validation.ts';
import {
  addressProblems,
  cidrProblems,
  externalAddressProblems,
  familyOf,
  familyOfStored,
  type Stored,
} from './address-validation.ts';
import { portProblems } from './probe-validation.ts';
import { reachableFromOutside } from './service-defaults.ts';
import type { Service, ServicePort, ServiceSpec } from './v1.gen.ts';

export function validateService({ metadata, spec }: Service): FieldProblem[] {
  return [...serviceProblems(spec), ...topologyProblems(metadata?.annotations)];
}

/** `old`: the stored spec, for an update. */
function* serviceProblems(spec: ServiceSpec, old?: ServiceSpec): Problems {
  const headless = spec.clusterIP === 'None';
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') yield requiredValue('spec.ports');
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    yield invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`);
  }
  if (spec.type === 'ExternalName') yield* externalNameProblems(spec);
  yield* portListProblems(spec);
  yield* labelProblems(spec.selector, 'spec.selector');
  yield* affinityProblems(spec);
  yield* oneOf(spec.type, {
    at: 'spec.type',
    of: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
    required: true,
  });
  yield* serviceAddressProblems(spec, old?.clusterIPs);
  for (const [i, address] of (spec.externalIPs ?? []).entries()) {
    yield* externalAddressProblems(address, `spec.externalIPs[${i}]`, old?.externalIPs);
  }
  yield* balancerProblems(spec, old);
  yield* trafficProblems(spec);
}

function* externalNameProblems(spec: ServiceSpec): Problems {
  for (const field of ['clusterIPs', 'ipFamilies'] as const) {
    if (spec[field]?.length) yield forbiddenValue(`spec.${field}`, 'may not be set for ExternalName services');
  }
  if (spec.ipFamilyPolicy) yield forbiddenValue('spec.ipFamilyPolicy', 'may not be set for ExternalName services');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  yield* wellFormed(name, { at: 'spec.externalName', by: subdomainProblems, required: true });
}

function* portListProblems(spec: ServiceSpec): Problems {
  const names = new Set<string>();
  const used = new Set<string>();
  const ports = spec.ports ?? [];
  for (const [i, servicePort] of ports.entries()) {
    const path = `spec.ports[${i}]`;
    const { name, protocol, nodePort, appProtocol } = servicePort;
    yield* wellFormed(name, { at: `${path}.name`, by: labelNameProblems, required: ports.length > 1 });
    if (name) {
      if (names.has(name)) yield duplicateValue(`${path}.name`, name);
      names.add(name);
    }
    yield* port(servicePort.port ?? 0, `${path}.port`);
    yield* oneOf(protocol, { at: `${path}.protocol`, of: ['SCTP', 'TCP', 'UDP'], required: true });
    yield* portProblems(servicePort.targetPort, `${path}.targetPort`);
    yield* appProtocolProblems(appProtocol, `${path}.appProtocol`);
    if (nodePort && (spec.type === 'ClusterIP' || spec.type === 'ExternalName')) {
      yield forbiddenValue(`${path}.nodePort`, `may not be used when \`type\` is '${spec.type}'`);
    }
    const key = `${protocol}/${servicePort.port}`;
    if (used.has(key)) yield duplicateValue(path, shownPort(servicePort));
    used.add(key);
    if (!nodePort) continue;
    const nodeKey = `node/${protocol}/${nodePort}`;
    if (used.has(nodeKey)) yield duplicateValue(`${path}.nodePort`, nodePort);
    used.add(nodeKey);
  }
}

/** The port as upstream's message shows it: the identifying fields, in the names of its internal type. */
function shownPort({ protocol, port: number }: ServicePort): object {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: number, TargetPort: 0, NodePort: 0 };
}

function* affinityProblems({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): Problems {
  yield* oneOf(sessionAffinity, { at: 'spec.sessionAffinity', of: ['ClientIP', 'None'], required: true });
  const path = 'spec.sessionAffinityConfig';
  if (sessionAffinity === 'ClientIP') {
    const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
    if (seconds == null) yield requiredValue(path, 'when session affinity type is ClientIP');
    else if (seconds <= 0 || seconds > 86400) {
      const detail = 'must be greater than 0 and less than 86400';
      yield invalidValue(`${path}.clientIP.timeoutSeconds`, seconds, detail);
    }
  } else if (sessionAffinity === 'None' && sessionAffinityConfig) {
    yield forbiddenValue(path, 'must not be set when session affinity is None');
  }
}

/** Problems with addresses and their families, which are looked at before any is allocated, too. */
export function* serviceAddressProblems(spec: ServiceSpec, stored: Stored | undefined): Problems {
  const { clusterIP, clusterIPs = [], ipFamilies = [] } = spec;
  if (clusterIPs.length > 0 && !clusterIP) {
    yield invalidValue('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified');
  } else if (clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    yield invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`');
  }
  const families = new Set<string>();
  for (const [i, family] of ipFamilies.entries()) {
    if (family !== 'IPv4' && family !== 'IPv6')
      yield unsupportedValue(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']);
    if (families.has(family)) yield duplicateValue(`spec.ipFamilies[${i}]`, family);
    families.add(family);
  }
  yield* oneOf(spec.ipFamilyPolicy, {
    at: 'spec.ipFamilyPolicy',
    of: ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
  });
  if (clusterIPs.includes('None')) {
    if (clusterIPs.length > 1) {
      yield invalidValue('spec.clusterIPs', clusterIPs, "'None' must be the first and only value");
    }
    return;
  }
  if (clusterIPs.length > 2) yield invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values');
  for (const [i, address] of clusterIPs.entries()) {
    const family = familyOfStored(address);
    const path = `spec.clusterIPs[${i}]`;
    yield* addressProblems(address, path, stored);
    if (family && ipFamilies[i] && ipFamilies[i] !== family) {
      yield invalidValue(path, address, `expected an ${ipFamilies[i]} value as indicated by \`ipFamilies[${i}]\``);
    }
  }
}

function* balancerProblems(spec: ServiceSpec, old: ServiceSpec | undefined): Problems {
  if (spec.type === 'LoadBalancer') {
    for (const [i, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
      const path = `spec.loadBalancerSourceRanges[${i}]`;
      yield* cidrProblems(
        range.trim(),
        path,
        old?.loadBalancerSourceRanges?.map((known) => known.trim()),
      );
    }
    if (spec.loadBalancerClass != null) {
      for (const detail of qualifiedNameProblems(spec.loadBalancerClass)) {
        yield invalidValue('spec.loadBalancerClass', spec.loadBalancerClass, detail);
      }
    }
    if (spec.allocateLoadBalancerNodePorts == null) yield requiredValue('spec.allocateLoadBalancerNodePorts');
    return;
  }
  const detail = "may only be used when `type` is 'LoadBalancer'";
  if (spec.loadBalancerSourceRanges?.length) yield forbiddenValue('spec.loadBalancerSourceRanges', detail);
  if (spec.allocateLoadBalancerNodePorts != null) yield forbiddenValue('spec.allocateLoadBalancerNodePorts', detail);
  if (spec.loadBalancerClass != null) yield forbiddenValue('spec.loadBalancerClass', detail);
}

function* trafficProblems(spec: ServiceSpec): Problems {
  if (spec.externalTrafficPolicy && !reachableFromOutside(spec)) {
    const detail = 'may only be set for externally-accessible services';
    yield invalidValue('spec.externalTrafficPolicy', spec.externalTrafficPolicy, detail);
  } else {
    yield* oneOf(spec.externalTrafficPolicy, { at: 'spec.externalTrafficPolicy', of: ['Cluster', 'Local'] });
  }
  const local = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
  if (spec.healthCheckNodePort && !local) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    yield invalidValue('spec.healthCheckNodePort', spec.healthCheckNodePort, detail);
  }
  yield* oneOf(spec.internalTrafficPolicy, { at: 'spec.internalTrafficPolicy', of: ['Cluster', 'Local'] });
  yield* oneOf(spec.trafficDistribution, {
    at: 'spec.trafficDistribution',
    of: ['PreferClose', 'PreferSameZone', 'PreferSameNode'],
  });
}

const topologyMode = 'service.kubernetes.io/topology-mode';
const topologyHints = 'service.kubernetes.io/topology-aware-hints';

/** The annotation has an old name and a new one; both values must agree. */
function* topologyProblems(annotations: Readonly<Record<string, string>> | undefined): Problems {
  const [mode, hints] = [annotations?.[topologyMode], annotations?.[topologyHints]];
  if (mode === undefined || hints === undefined || mode === hints) return;
  const detail = `must match annotations[${topologyMode}] when both are specified`;
  yield invalidValue(`metadata.annotations[${topologyHints}]`, hints, detail);
}

export function validateServiceUpdate(next: Service, current: Service): FieldProblem[] {
  return [
    ...updateProblems(next.spec, current.spec),
    ...serviceProblems(next.spec, current.spec),
    ...topologyProblems(next.metadata?.annotations),
  ];
}

function* updateProblems(next: ServiceSpec, current: ServiceSpec): Problems {
  if (next.type !== 'ExternalName' && current.type !== 'ExternalName') {
    const [before, after] = [current.clusterIPs ?? [], next.clusterIPs ?? []];
    if (before[0] && !after[0]) yield invalidValue('spec.clusterIPs[0]', after, 'primary clusterIP can not be unset');
    for (const [i, address] of before.entries()) {
      const now = after[i];
      if (now && now !== address) yield invalidValue(`spec.clusterIPs[${i}]`, after, 'may not change once set');
    }
  }
  if (current.type !== 'LoadBalancer' || next.type !== 'LoadBalancer') return;
  if (current.loadBalancerClass !== next.loadBalancerClass) {
    yield invalidValue('spec.loadBalancerClass', next.loadBalancerClass, 'may not change once set');
  }
  const localBoth = current.externalTrafficPolicy === 'Local' && next.externalTrafficPolicy === 'Local';
  if (localBoth && current.healthCheckNodePort && next.healthCheckNodePort !== current.healthCheckNodePort) {
    yield forbiddenValue('spec.healthCheckNodePort', 'field is immutable');
  }
}

export function validateServiceStatus({ spec, status }: Service, current?: Service): FieldProblem[] {
  return [...statusProblems(spec, status, current?.status)];
}

function* statusProblems(spec: ServiceSpec, status: Service['status'], old: Service['status']): Problems {
  const stored = (old?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0 && spec.type !== 'LoadBalancer') {
    yield forbiddenValue('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  for (const [i, { ip, ipMode, hostname }] of ingress.entries()) {
    const path = `status.loadBalancer.ingress[${i}]`;
    if (ip) {
      yield* addressProblems(ip, `${path}.ip`, stored);
      if (ipMode == null) yield requiredValue(`${path}.ipMode`, 'must be specified when `ip` is set');
      else yield* oneOf(ipMode, { at: `${path}.ipMode`, of: ['Proxy', 'VIP'] });
    } else if (ipMode != null) yield forbiddenValue(`${path}.ipMode`, 'may not be specified when `ip` is not set');
    yield* wellFormed(hostname, { at: `${path}.hostname`, by: subdomainProblems });
    if (hostname && familyOf(hostname)) {
      yield invalidValue(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address');
    }
  }
}
