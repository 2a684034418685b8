import type { Service, ServiceSpec } from '@typernetes/api/core/v1';

/**
 * The values that the cluster allocates to services: which types need them, which are kept on update, and which a
 * change of type releases.
 */

function needsClusterIP({ type }: ServiceSpec): boolean {
  return type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';
}

function needsNodePort({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
}

function needsHealthCheckNodePort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

/** A client that sends its service without allocated values keeps them, so that `kubectl replace` is idempotent. */
export function carryAllocatedValues(next: ServiceSpec, current: ServiceSpec): void {
  if (needsClusterIP(current) && needsClusterIP(next)) {
    if (!next.clusterIP && !next.clusterIPs?.length) {
      if (current.clusterIP) next.clusterIP = current.clusterIP;
      if (current.clusterIPs) next.clusterIPs = [...current.clusterIPs];
    }
    if (!next.ipFamilies?.length && current.ipFamilies) next.ipFamilies = [...current.ipFamilies];
    if (!next.ipFamilyPolicy && current.ipFamilyPolicy) next.ipFamilyPolicy = current.ipFamilyPolicy;
  }
  if (needsNodePort(current) && needsNodePort(next)) carryNodePorts(next, current);
  if (needsHealthCheckNodePort(current) && needsHealthCheckNodePort(next)) {
    if (current.healthCheckNodePort) next.healthCheckNodePort ||= current.healthCheckNodePort;
  }
}

/** Ports are recognised by their names; a node port that moved to another port by hand is not handed out twice. */
function carryNodePorts(next: ServiceSpec, current: ServiceSpec): void {
  const asked = new Set((next.ports ?? []).map(({ nodePort }) => nodePort));
  const given = new Map((current.ports ?? []).map(({ name, nodePort }) => [name ?? '', nodePort]));
  for (const port of next.ports ?? []) {
    const old = given.get(port.name ?? '');
    if (port.nodePort || !old || asked.has(old)) continue;
    port.nodePort = old;
    asked.add(old);
  }
}

/** `clusterIP` is the first of `clusterIPs`; clients that know only the older field change both through it. */
export function alignClusterIPs(next: ServiceSpec, current: ServiceSpec | undefined): void {
  if (!current) {
    if (next.clusterIP && !next.clusterIPs?.length) next.clusterIPs = [next.clusterIP];
    return;
  }
  const sameList = sameItems(next.clusterIPs, current.clusterIPs);
  if (!next.clusterIP && current.clusterIP && sameList) delete next.clusterIPs;
  else if (next.clusterIP && next.clusterIP !== current.clusterIP && sameList) next.clusterIPs = [next.clusterIP];
}

function sameItems(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/**
 * Changing only the type must not fail on values that were allocated for the old type and that the new one does not
 * use.
 */
export function dropUnusedValues(service: Service, { spec: current }: Service): void {
  const { spec: next } = service;
  if (needsClusterIP(current) && !needsClusterIP(next)) {
    if (next.clusterIP === current.clusterIP && sameItems(next.clusterIPs, current.clusterIPs)) {
      delete next.clusterIP;
      delete next.clusterIPs;
    }
    if (sameItems(next.ipFamilies, current.ipFamilies)) delete next.ipFamilies;
    if (next.ipFamilyPolicy === current.ipFamilyPolicy) delete next.ipFamilyPolicy;
  }
  if (needsNodePort(current) && !needsNodePort(next) && sameNodePorts(next, current)) {
    for (const port of next.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheckNodePort(current) && !needsHealthCheckNodePort(next)) {
    if (next.healthCheckNodePort === current.healthCheckNodePort) delete next.healthCheckNodePort;
  }
  dropBalancerValues(service, current);
}

function dropBalancerValues(service: Service, current: ServiceSpec): void {
  const { spec: next } = service;
  if (next.type !== 'LoadBalancer') {
    if (current.type === 'LoadBalancer') {
      if (next.allocateLoadBalancerNodePorts === current.allocateLoadBalancerNodePorts) {
        delete next.allocateLoadBalancerNodePorts;
      }
      if (next.loadBalancerClass === current.loadBalancerClass) delete next.loadBalancerClass;
    }
    service.status = { ...service.status, loadBalancer: {} };
  }
  const reachable = next.type === 'NodePort' || next.type === 'LoadBalancer' || (next.externalIPs?.length ?? 0) > 0;
  if (!reachable && next.externalTrafficPolicy === current.externalTrafficPolicy) delete next.externalTrafficPolicy;
}

function sameNodePorts(next: ServiceSpec, current: ServiceSpec): boolean {
  const given = new Set((current.ports ?? []).map(({ nodePort }) => nodePort ?? 0));
  return (next.ports ?? []).every(({ nodePort }) => !nodePort || given.has(nodePort));
}
