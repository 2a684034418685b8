import { after, forbidden, holds, invalid, on, required, unsupported } from './testing/rule-cases.ts';
import * as rules from './validation.ts';

const service = {
  metadata: { name: 'web' },
  spec: { type: 'ClusterIP', ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }], sessionAffinity: 'None' },
};
const detailOf = "may only be used when `type` is 'LoadBalancer'";
holds('services', service, on(rules.validateService), [
  ['spec.ports', [], required('spec.ports')],
  ['spec.ports[0].appProtocol', 'a b', 'spec.ports[0].appProtocol: Invalid value: "a b"'],
  ['spec.ports[0].nodePort', 30000, forbidden('spec.ports[0].nodePort', "may not be used when `type` is 'ClusterIP'")],
  ['spec.type', 'X', unsupported('spec.type', '"X"', '"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"')],
  ['spec.sessionAffinity', 'X', unsupported('spec.sessionAffinity', '"X"', '"ClientIP", "None"')],
  [
    'spec.externalIPs',
    ['127.0.0.1'],
    invalid('spec.externalIPs[0]', '"127.0.0.1"', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'),
  ],
  [
    'spec.externalIPs',
    ['::ffff:1.2.3.4'],
    invalid('spec.externalIPs[0]', '"::ffff:1.2.3.4"', 'must not be an IPv4-mapped IPv6 address'),
  ],
  ['spec.loadBalancerSourceRanges', ['10.0.0.0/8'], forbidden('spec.loadBalancerSourceRanges', detailOf)],
  ['spec.loadBalancerClass', 'a/b', forbidden('spec.loadBalancerClass', detailOf)],
  [
    'spec.externalTrafficPolicy',
    'Local',
    invalid('spec.externalTrafficPolicy', '"Local"', 'may only be set for externally-accessible services'),
  ],
  [
    'spec.healthCheckNodePort',
    30000,
    invalid(
      'spec.healthCheckNodePort',
      '30000',
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ),
  ],
  ['spec.clusterIPs', ['10.0.0.1', '10.0.0.2', '10.0.0.3'], 'spec.clusterIPs: Invalid value'],
]);

const node = { metadata: { name: 'n' }, spec: {}, status: {} };
holds('nodes', node, after(rules.validateNodeUpdate, node), [
  ['spec.taints', [{ key: 'a' }], required('metadata.taints[0].effect')],
  ['spec.taints', [{ effect: 'NoSchedule' }], invalid('metadata.taints[0].key', '""', 'name part must be non-empty')],
  ['spec.podCIDRs', ['10.0.0.0/8', '11.0.0.0/8'], 'spec.podCIDRs: Invalid value'],
  ['status.capacity', { cpu: '-1' }, 'status.capacity[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ['status.capacity', { pods: '1500m' }, 'status.capacity[pods]: Invalid value: "1500m": must be an integer'],
]);

const volume = {
  metadata: { name: 'v' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    hostPath: { path: '/a' },
    persistentVolumeReclaimPolicy: 'Retain',
    volumeMode: 'Filesystem',
  },
};
holds('persistent volumes', volume, on(rules.validatePersistentVolume), [
  ['spec.accessModes', [], required('spec.accessModes')],
  ['spec.accessModes', ['X'], 'spec.accessModes: Unsupported value: "X"'],
  [
    'spec.accessModes',
    ['ReadWriteOncePod', 'ReadWriteOnce'],
    forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'),
  ],
  ['spec.capacity', {}, required('spec.capacity')],
  ['spec.capacity', { cpu: '1' }, 'spec.capacity: Unsupported value'],
  [
    'spec.capacity',
    { storage: '-500m' },
    'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
  ],
  [
    'spec.persistentVolumeReclaimPolicy',
    'X',
    unsupported('spec.persistentVolumeReclaimPolicy', '"X"', '"Delete", "Recycle", "Retain"'),
  ],
  ['spec.hostPath', undefined, required('spec', 'must specify a volume type')],
  ['spec.storageClassName', 'A', 'spec.storageClassName: Invalid value: "A"'],
  ['spec.volumeMode', 'X', unsupported('spec.volumeMode', '"X"', '"Block", "Filesystem"')],
  [
    'spec.volumeAttributesClassName',
    'a',
    required('spec.csi', 'has to be specified when using volumeAttributesClassName'),
  ],
]);

const claim = {
  metadata: { name: 'c' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeMode: 'Filesystem' },
};
holds('persistent volume claims', claim, on(rules.validatePersistentVolumeClaim), [
  ['spec.accessModes', [], required('spec.accessModes', 'at least 1 access mode is required')],
  ['spec.resources', {}, required('spec.resources[storage]')],
  ['spec.resources.requests.storage', '0', 'spec.resources[storage]: Invalid value: "0": must be greater than zero'],
  ['spec.storageClassName', 'A', 'spec.storageClassName: Invalid value: "A"'],
  ['spec.dataSource', { name: 'x' }, required('spec.dataSource.kind')],
  ['spec.dataSourceRef', { kind: 'PersistentVolumeClaim' }, required('spec.dataSourceRef.name')],
  [
    'spec.dataSource',
    { kind: 'Pod', name: 'x' },
    'spec.dataSource: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
  ],
]);

const ingress = { metadata: { name: 'i' }, spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } } };
holds('ingresses', ingress, on(rules.validateIngress), [
  ['spec.tls', [{ hosts: ['a.com'], secretName: 'A' }], 'spec.tls[0].secretName: Invalid value: "A"'],
  [
    'spec.defaultBackend',
    { resource: { kind: '', name: 'a' } },
    'spec.defaultBackend.resource.kind: Required value: kind is required',
  ],
  [
    'spec.defaultBackend',
    { resource: { apiGroup: '', kind: 'K', name: 'a' } },
    'spec.defaultBackend.resource.apiGroup: Invalid value: ""',
  ],
  ['spec.defaultBackend.service.name', 'A', 'spec.defaultBackend.service.name: Invalid value: "A"'],
  [
    'spec.rules',
    [{ host: '1.2.3.4' }],
    'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ],
]);

const storageClass = {
  metadata: { name: 's' },
  provisioner: 'a.com/b',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
};
holds('storage classes', storageClass, on(rules.validateStorageClass), [
  ['provisioner', '', required('provisioner')],
  [
    'allowedTopologies',
    [
      { matchLabelExpressions: [{ key: 'z', values: ['a'] }] },
      { matchLabelExpressions: [{ key: 'z', values: ['a'] }] },
    ],
    'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
  ],
  ['allowedTopologies', [{}], 'allowedTopologies[0].matchLabelExpressions: Duplicate value: ""'],
  ['reclaimPolicy', 'X', unsupported('reclaimPolicy', '"X"', '"Delete", "Retain"')],
  ['volumeBindingMode', 'X', unsupported('volumeBindingMode', '"X"', '"Immediate", "WaitForFirstConsumer"')],
  ['volumeBindingMode', '', unsupported('volumeBindingMode', '""', '"Immediate", "WaitForFirstConsumer"')],
  ['volumeBindingMode', undefined, required('volumeBindingMode')],
  ['parameters', { '': 'a' }, 'parameters: Invalid value: "": field can not be empty.'],
]);

const lease = { metadata: { name: 'l' }, spec: {} };
holds('leases', lease, on(rules.validateLease), [
  ['spec.leaseDurationSeconds', 0, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  ['spec.leaseTransitions', -1, 'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0'],
  ['spec.strategy', 'a b', 'spec.strategy: Unsupported value'],
  ['spec.preferredHolder', 'a', forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')],
]);

const runtimeClass = { metadata: { name: 'r' }, handler: 'runc' };
holds('runtime classes', runtimeClass, on(rules.validateRuntimeClass), [
  ['handler', '', required('handler')],
  ['handler', 'A', 'handler: Invalid value: "A"'],
  [
    'overhead',
    { podFixed: { cpu: '-1' } },
    'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'scheduling',
    {
      tolerations: [
        { key: 'a', operator: 'Exists' },
        { key: 'a', operator: 'Exists' },
      ],
    },
    'scheduling.tolerations[1]: Duplicate value',
  ],
]);
