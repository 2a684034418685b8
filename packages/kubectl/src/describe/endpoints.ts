import type { Endpoints } from '@typernetes/api/core/v1';
import type { Describer } from './describer.ts';
import { describeMetadata } from './metadata.ts';

export const describeEndpoints: Describer<Endpoints> = async ({ metadata, subsets = [] }, text) => {
  describeMetadata(text, metadata, { namespaced: true });
  text.line(0, 'Subsets:');
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    text.line(1, 'Addresses:', addresses.map(({ ip }) => ip).join(',') || '<none>');
    text.line(1, 'NotReadyAddresses:', notReadyAddresses.map(({ ip }) => ip).join(',') || '<none>');
    if (ports.length > 0) {
      text.line(1, 'Ports:');
      text.line(2, 'Name', 'Port', 'Protocol');
      text.line(2, '----', '----', '--------');
    }
    for (const { name, port, protocol = 'TCP' } of ports) text.line(2, name || '<unset>', String(port), protocol);
    text.line(0, '');
  }
};
