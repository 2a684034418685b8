import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { validateEndpointSlice, validateEndpointSliceUpdate } from '@typernetes/api/validation';
import { endpointSliceAddressWarnings, endpointSliceWarnings } from '@typernetes/api/warnings';
import { canonicalJson } from '@typernetes/machinery';
import type { Strategy } from '../strategy.ts';

const content = ({ addressType, endpoints, ports, metadata }: EndpointSlice): string =>
  canonicalJson({ addressType, endpoints, ports, labels: metadata.labels });

export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  validate: (next) => validateEndpointSlice(next),
  validateUpdate: validateEndpointSliceUpdate,
  warningsOnCreate: endpointSliceWarnings,
  warningsOnUpdate: endpointSliceAddressWarnings,
  // Labels name a slice's service and controller: they count as content.
  bumpsGeneration: (next, current) => content(next) !== content(current),
};
