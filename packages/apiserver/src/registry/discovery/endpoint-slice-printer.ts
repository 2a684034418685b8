import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { age, capped } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

const maxShown = 3;

export const endpointSlicePrinter: Printer<EndpointSlice> = {
  columns: [nameColumn, text('AddressType'), text('Ports'), text('Endpoints'), ageColumn],
  cells({ metadata, addressType, ports, endpoints }, now) {
    const portTexts = (ports ?? []).map(({ port, name }) => (port == null ? name || '*' : String(port)));
    const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
    return [
      metadata.name,
      addressType,
      capped(portTexts, maxShown) || '<unset>',
      capped(addresses, maxShown) || '<unset>',
      age(metadata.creationTimestamp, now),
    ];
  },
};
