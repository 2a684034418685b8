import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { Describer } from './describer.ts';
import { describeMetadata } from './metadata.ts';

export const describeEndpointSlice: Describer<EndpointSlice> = async (slice, text) => {
  describeMetadata(text, slice.metadata, { namespaced: true });
  text.line(0, 'AddressType:', slice.addressType);
  const ports = slice.ports ?? [];
  text.line(0, ports.length === 0 ? 'Ports: <unset>' : 'Ports:');
  if (ports.length > 0) {
    text.line(1, 'Name', 'Port', 'Protocol');
    text.line(1, '----', '----', '--------');
  }
  for (const { name, port, protocol = 'TCP' } of ports)
    text.line(1, name || '<unset>', String(port ?? '<unset>'), protocol);
  const endpoints = slice.endpoints ?? [];
  text.line(0, endpoints.length === 0 ? 'Endpoints: <none>' : 'Endpoints:');
  for (const { addresses, conditions, hostname, targetRef, nodeName, zone } of endpoints) {
    text.line(1, '- Addresses:', (addresses ?? []).join(', ') || '<none>');
    text.line(2, 'Conditions:');
    text.line(3, 'Ready:', String(conditions?.ready ?? '<unset>'));
    text.line(2, 'Hostname:', hostname ?? '<unset>');
    if (targetRef) text.line(2, 'TargetRef:', `${targetRef.kind}/${targetRef.name}`);
    text.line(2, 'NodeName:', nodeName ?? '<unset>');
    text.line(2, 'Zone:', zone ?? '<unset>');
  }
};
