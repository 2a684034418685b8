import type { LoadBalancerIngress, Service } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import type { ApiClient } from '@typernetes/client';
import { reasonOf } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import { endpointsText } from './endpoints-text.ts';

export const describeService: Describer<Service> = async ({ metadata, spec, status }, text, { client }) => {
  const items = await endpointSlicesOf(metadata, client);
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  text.line(0, 'Selector:', selector.sort().join(',') || '<none>');
  text.line(0, 'Type:', spec.type ?? '');
  if (spec.ipFamilyPolicy) text.line(0, 'IP Family Policy:', spec.ipFamilyPolicy);
  text.line(0, 'IP Families:', spec.ipFamilies?.join(',') ?? '<none>');
  text.line(0, 'IP:', spec.clusterIP ?? '');
  text.line(0, 'IPs:', spec.clusterIPs?.join(',') ?? '<none>');
  if (spec.externalIPs?.length) text.line(0, 'External IPs:', spec.externalIPs.join(','));
  if (spec.loadBalancerIP) text.line(0, 'Desired LoadBalancer IP:', spec.loadBalancerIP);
  if (spec.externalName) text.line(0, 'External Name:', spec.externalName);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0) text.line(0, 'LoadBalancer Ingress:', ingress.map(balancerText).join(', '));
  for (const port of spec.ports ?? []) {
    const { name = '<unset>', protocol = 'TCP', targetPort = port.port, nodePort } = port;
    text.line(0, 'Port:', name, `${port.port}/${protocol}`);
    text.line(0, 'TargetPort:', `${targetPort}/${protocol}`);
    if (nodePort) text.line(0, 'NodePort:', name, `${nodePort}/${protocol}`);
    text.line(0, 'Endpoints:', endpointsText(items, port.name ?? ''));
  }
  text.line(0, 'Session Affinity:', spec.sessionAffinity ?? '');
  if (spec.externalTrafficPolicy) text.line(0, 'External Traffic Policy:', spec.externalTrafficPolicy);
  if (spec.internalTrafficPolicy) text.line(0, 'Internal Traffic Policy:', spec.internalTrafficPolicy);
  if (spec.healthCheckNodePort) text.line(0, 'HealthCheck NodePort:', String(spec.healthCheckNodePort));
  if (spec.loadBalancerSourceRanges?.length)
    text.line(0, 'LoadBalancer Source Ranges:', spec.loadBalancerSourceRanges.join(','));
  if (spec.trafficDistribution) text.line(0, 'Traffic Distribution:', spec.trafficDistribution);
};

/** Empty if the server has no EndpointSlices or does not allow reading them. */
async function endpointSlicesOf(
  { name, namespace = '' }: Service['metadata'],
  client: ApiClient,
): Promise<EndpointSlice[]> {
  try {
    const labelSelector = `kubernetes.io/service-name=${name}`;
    return (await client.resource(endpointslices).list({ namespace, labelSelector })).items;
  } catch (error) {
    if (reasonOf(error)) return [];
    throw error;
  }
}

function balancerText({ ip, ipMode, hostname = '' }: LoadBalancerIngress): string {
  return ip ? `${ip}${ipMode ? ` (${ipMode})` : ''}` : hostname;
}
