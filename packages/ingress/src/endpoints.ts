import type { Service, ServicePort } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { ServiceBackendPort } from '@typernetes/api/networking/v1';

/** The Service port that a backend refers to. */
export function servicePort(service: Service, { name, number }: ServiceBackendPort): ServicePort | undefined {
  return service.spec?.ports?.find((port) => (name ? port.name === name : port.port === number));
}

/**
 * Addresses such as `10.244.0.7:80` of the ready pods, sorted; if none is ready, of terminating pods that still serve.
 */
export function readyAddresses(slices: readonly EndpointSlice[], portName: string): readonly string[] {
  const all = slices.flatMap(({ addressType, endpoints, ports }) => {
    const port = ports?.find(({ name = '' }) => name === portName)?.port;
    if (port === undefined || addressType === 'FQDN') return [];
    return (endpoints ?? []).flatMap(({ addresses: [address], conditions = {} }) =>
      address === undefined
        ? []
        : [{ conditions, text: `${addressType === 'IPv6' ? `[${address}]` : address}:${port}` }],
    );
  });
  const texts = (chosen: typeof all): readonly string[] => [...new Set(chosen.map(({ text }) => text))].sort();
  const ready = all.filter(({ conditions }) => conditions.ready !== false);
  if (ready.length > 0) return texts(ready);
  return texts(all.filter(({ conditions }) => conditions.terminating === true && conditions.serving !== false));
}
