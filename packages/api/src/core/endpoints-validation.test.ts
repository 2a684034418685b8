import { holds, on } from '../testing/rule-cases.ts';
import { validateEndpoints } from './endpoints-validation.ts';

const subset = { addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80, protocol: 'TCP', appProtocol: 'http' }] };

holds('endpoints', { metadata: { name: 'web' }, subsets: [subset] }, on(validateEndpoints), [
  [
    'subsets',
    [{ addresses: [{ ip: '' }] }],
    'subsets[0].addresses[0].ip: Invalid value: "": must be a valid IP address',
  ],
  ['subsets', [{}], 'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
  [
    'subsets',
    [{ ...subset, ports: [{ port: 80, protocol: 'TCP', appProtocol: 'a b' }] }],
    'subsets[0].ports[0].appProtocol: Invalid value: "a b": name part must consist of alphanumeric',
  ],
  [
    'subsets',
    [{ ...subset, ports: [{ port: 80, protocol: 'TCP', appProtocol: '' }] }],
    'subsets[0].ports[0].appProtocol: Invalid value: "": name part must be non-empty',
  ],
]);
