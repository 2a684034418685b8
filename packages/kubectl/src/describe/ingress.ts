import { services } from '@typernetes/api/core/v1';
import { endpointslices } from '@typernetes/api/discovery/v1';
import type { Ingress, IngressBackend } from '@typernetes/api/networking/v1';
import { messagesOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { Describer } from './describer.ts';
import { endpointsText } from './endpoints-text.ts';

export const describeIngress: Describer<Ingress> = async ({ metadata, spec = {}, status }, text, { client }) => {
  const describe = (backend: IngressBackend): Promise<string> =>
    backendText(backend, { client, namespace: metadata.namespace ?? '' });
  text.line(0, 'Name:', metadata.name);
  text.pairs(0, 'Labels:', metadata.labels);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  const unique = new Set(addresses.filter((address) => address !== '').sort());
  text.line(0, 'Address:', [...unique].join(','));
  text.line(0, 'Ingress Class:', spec.ingressClassName ?? '<none>');
  const fallback = spec.defaultBackend ? await describe(spec.defaultBackend) : '<default>';
  text.line(0, 'Default backend:', fallback);
  if (spec.tls?.length) {
    text.line(0, 'TLS:');
    for (const { secretName, hosts = [] } of spec.tls)
      text.line(1, `${secretName ? `${secretName} terminates` : 'SNI routes'} ${hosts.join(',')}`);
  }
  text.line(0, 'Rules:');
  text.line(1, 'Host', 'Path', 'Backends');
  text.line(1, '----', '----', '--------');
  const rules = (spec.rules ?? []).filter(({ http }) => http);
  for (const { host, http } of rules) {
    text.line(1, host || '*', '');
    for (const { path = '', backend } of http?.paths ?? []) text.line(2, '', `${path} `, await describe(backend));
  }
  if (rules.length === 0) text.line(1, '*', '*', fallback);
  text.annotations(0, metadata.annotations);
};

/** `web:80 (10.0.0.1:80)`, with the failure in place of the addresses when they cannot be read. */
async function backendText(
  { service, resource }: IngressBackend,
  { client, namespace }: { client: ApiClient; namespace: string },
): Promise<string> {
  if (resource) return `APIGroup: ${resource.apiGroup ?? '<none>'}, Kind: ${resource.kind}, Name: ${resource.name}`;
  if (!service) return '';
  const { name, port = {} } = service;
  const shown = `${name}:${port.number ?? port.name ?? ''}`;
  try {
    const labelSelector = `kubernetes.io/service-name=${name}`;
    const { items } = await client.resource(endpointslices).list({ namespace, labelSelector });
    const { spec } = await client.resource(services).get({ name, namespace });
    const match = spec.ports?.findLast((p) => (port.number ? p.port === port.number : p.name === port.name));
    return `${shown} (${endpointsText(items, match?.name ?? '')})`;
  } catch (error) {
    return `${shown} (<error: ${messagesOf(error)}>)`;
  }
}
