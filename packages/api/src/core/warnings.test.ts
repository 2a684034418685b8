import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addressWarnings,
  cidrWarnings,
  claimWarnings,
  endpointsWarnings,
  jobSpecWarnings,
  networkPolicyWarnings,
  persistentVolumeWarnings,
  podTemplateWarnings,
  podWarnings,
  runtimeClassWarnings,
  serviceWarnings,
  storageCapacityWarnings,
  storageClassWarnings,
} from '../warnings.ts';
import type { Container, PersistentVolumeSpec, Pod, PodSpec, Service, ServiceSpec, Volume } from './v1.gen.ts';

type Meta = Pod['metadata'];
const meta = (more: Partial<Meta> = {}): Meta => ({ name: 'web', ...more }) as Meta;
const container: Container = { name: 'c', image: 'i' };

/** The warnings for a pod with these fields in its spec. */
function ofPod(spec: Partial<PodSpec>, annotations?: Record<string, string>): string[] {
  return [
    ...podWarnings({
      metadata: meta(annotations ? { annotations } : {}),
      spec: { containers: [container], ...spec },
    }),
  ];
}

const ofContainer = (more: Partial<Container>): string[] => ofPod({ containers: [{ ...container, ...more }] });

describe('pods', () => {
  test('a pod without anything odd gets no warnings', () => {
    assert.deepEqual(ofPod({ nodeSelector: { 'kubernetes.io/os': 'linux' }, hostAliases: [{ ip: '10.0.0.1' }] }), []);
  });

  test('warns of names that are no host names', () => {
    assert.deepEqual(
      [...podWarnings({ metadata: meta({ name: 'web.1' }), spec: { containers: [container] } })],
      [
        "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
      ],
    );
  });

  test('warns of node labels that were replaced', () => {
    const matchExpressions = [{ key: 'failure-domain.beta.kubernetes.io/zone', operator: 'Exists' as const }];
    assert.deepEqual(
      ofPod({
        nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions } }],
          },
        },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'failure-domain.beta.kubernetes.io/region', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      }),
      [
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
        'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/region is deprecated since v1.17; use "topology.kubernetes.io/region" instead',
        'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
      ],
    );
  });

  test('warns of annotations that fields replaced, unless the field is set too', () => {
    const annotations = {
      'scheduler.alpha.kubernetes.io/critical-pod': '',
      'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
      'container.seccomp.security.alpha.kubernetes.io/c': 'runtime/default',
    };
    assert.deepEqual(ofPod({}, annotations), [
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ]);
    const securityContext = { seccompProfile: { type: 'RuntimeDefault' as const } };
    const fields = { securityContext, containers: [{ ...container, securityContext }] };
    assert.equal(ofPod(fields, annotations).length, 1);
  });

  test('warns of duplicate and of missing values', () => {
    assert.deepEqual(
      ofPod({
        hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }, { ip: '10.0.0.1' }],
        imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}],
        terminationGracePeriodSeconds: -1,
      }),
      [
        'spec.hostAliases[2].ip: duplicate ip "10.0.0.1"',
        'spec.imagePullSecrets[1].name: duplicate name "a"',
        'spec.imagePullSecrets[2].name: invalid empty name ""',
        'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
      ],
    );
  });

  test('warns of odd forms of addresses', () => {
    assert.deepEqual(
      ofPod({ hostAliases: [{ ip: '010.0.0.1' }], dnsConfig: { nameservers: ['8.8.8.8', '2001:DB8::1'] } }),
      [
        'spec.hostAliases[0].ip: non-standard IP address "010.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"',
        'spec.dnsConfig.nameservers[1]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
      ],
    );
  });

  test('warns of fractional bytes', () => {
    assert.deepEqual(
      ofContainer({ resources: { limits: { memory: '100m', cpu: '100m' }, requests: { memory: '1.5Gi' } } }),
      ['spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer'],
    );
  });

  test('a variable may contain its earlier value', () => {
    const env = [
      { name: 'A', value: 'x' },
      { name: 'A', value: '$(A)y' },
      { name: 'A', value: '$(A)' },
      { name: 'A', value: 'z' },
    ];
    assert.deepEqual(ofContainer({ env }), [
      'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
      'spec.containers[0].env[3]: hides previous definition of "A", which may be dropped when using apply',
    ]);
  });

  test('compares ports across all containers', () => {
    assert.deepEqual(
      ofPod({
        initContainers: [{ ...container, name: 'i', ports: [{ containerPort: 80, protocol: 'TCP' }] }],
        containers: [
          {
            ...container,
            ports: [
              { containerPort: 80, protocol: 'TCP' },
              { containerPort: 80, protocol: 'UDP', hostIP: '10.0.0.1' },
              { containerPort: 80, protocol: 'TCP', hostPort: 8080 },
              { containerPort: 81, protocol: 'TCP', hostPort: 81 },
              { containerPort: 81, protocol: 'TCP', hostPort: 81, hostIP: '10.0.0.1' },
            ],
          },
        ],
      }),
      [
        'spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]',
        'spec.containers[0].ports[1]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:UDP HostIP:10.0.0.1}',
        'spec.containers[0].ports[2]: overlapping port definition with spec.initContainers[0].ports[0]',
        'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]',
        'spec.containers[0].ports[4]: dangerously ambiguous port definition with spec.containers[0].ports[3]',
      ],
    );
  });

  test('warns of pod affinity terms without a selector', () => {
    const term = { topologyKey: 'kubernetes.io/hostname' };
    assert.deepEqual(
      ofPod({
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
          podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] },
        },
      }),
      [
        'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod',
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod',
      ],
    );
  });

  const volumes: [string, Omit<Volume, 'name'>, string[]][] = [
    ['of old', { gitRepo: { repository: 'r' } }, ['spec.volumes[0].gitRepo: deprecated in v1.11']],
    [
      'of old, by another name',
      { storageos: {} },
      ['spec.volumes[0].storageOS: deprecated in v1.22, non-functional in v1.25+'],
    ],
    [
      'claims of their own',
      { ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1m' } } } } } },
      [
        'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "1m" is invalid, must be an integer',
      ],
    ],
    [
      'files in the place of a folder',
      {
        configMap: {
          name: 'cm',
          items: [
            { key: 'a', path: 'x' },
            { key: 'b', path: 'x/y' },
          ],
        },
      },
      ['volume "v" (ConfigMap "cm"): overlapping paths: "x/y" with "x"'],
    ],
    [
      'files of two sources',
      {
        projected: {
          sources: [
            { secret: { name: 's', items: [{ key: 'a', path: 'token' }] } },
            { serviceAccountToken: { path: 'token' } },
            {},
          ],
        },
      },
      [
        'volume "v" (Projected ServiceAccountToken): overlapping paths: "token" with "token"',
        'volume "v" (Projected) has no sources provided',
      ],
    ],
    [
      'the files that every pod gets',
      {
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
          ],
        },
      },
      [],
    ],
  ];
  for (const [what, volume, warnings] of volumes)
    test(`volumes: ${what}`, () => {
      assert.deepEqual(ofPod({ volumes: [{ name: 'v', ...volume }] }), warnings);
    });

  test('template warnings have paths, also for AppArmor annotations', () => {
    const annotation = 'container.apparmor.security.beta.kubernetes.io/c';
    const template = {
      metadata: meta({ annotations: { [annotation]: 'runtime/default' } }),
      spec: { containers: [container], nodeSelector: { 'node-role.kubernetes.io/master': '' } },
    };
    assert.deepEqual(
      [...podTemplateWarnings(template, 'spec.template')],
      [
        'spec.template.spec.nodeSelector[node-role.kubernetes.io/master]: use "node-role.kubernetes.io/control-plane" instead',
        `spec.template.metadata.annotations[${annotation}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
      ],
    );
    const securityContext = { appArmorProfile: { type: 'RuntimeDefault' as const } };
    const withField = { ...template, spec: { containers: [container], securityContext } };
    assert.deepEqual([...podTemplateWarnings(withField, 'spec.template')], []);
  });
});

test('warns of jobs with very many indexes', () => {
  const spec = { completionMode: 'Indexed' as const, completions: 100_001, parallelism: 10_001, template: {} };
  assert.match([...jobSpecWarnings(spec, 'spec')].join(), /^spec: In Indexed Jobs with a number of completions higher/);
  assert.deepEqual([...jobSpecWarnings({ ...spec, completions: 100_000 }, 'spec')], []);
});

test('warns of non-canonical addresses', () => {
  const of = (address: string): string[] => [...addressWarnings(address, 'at')];
  assert.deepEqual(of('10.0.0.1'), []);
  assert.deepEqual(of('fd00::1'), []);
  assert.deepEqual(of('010.0.0.1'), [
    'at: non-standard IP address "010.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"',
  ]);
  assert.deepEqual(of('::ffff:10.0.0.1'), [
    'at: non-standard IP address "::ffff:10.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"',
  ]);
  assert.deepEqual(of('FD00:0::1'), [
    'at: IPv6 address "FD00:0::1" should be in RFC 5952 canonical format ("fd00::1")',
  ]);
});

test('warns of non-canonical ranges and of bits beyond the prefix', () => {
  const of = (cidr: string): string[] => [...cidrWarnings(cidr, 'at')];
  assert.deepEqual([...of('10.0.0.0/8'), ...of('fd00::/64'), ...of('0.0.0.0/0'), ...of('::/0')], []);
  assert.deepEqual(of('10.0.1.0/8'), [
    'at: CIDR value "10.0.1.0/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.1.0/32"?)',
  ]);
  assert.deepEqual(of('010.0.0.0/8'), [
    'at: non-standard CIDR value "010.0.0.0/8" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
  ]);
  assert.deepEqual(of('::ffff:10.0.0.0/104'), [
    'at: non-standard CIDR value "::ffff:10.0.0.0/104" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
  ]);
  assert.deepEqual(of('FD00::/64'), [
    'at: IPv6 CIDR value "FD00::/64" should be in RFC 5952 canonical format ("fd00::/64")',
  ]);
});

describe('services', () => {
  const of = (spec: ServiceSpec, annotations: Record<string, string> = {}): string[] => [
    ...serviceWarnings({ metadata: meta({ annotations }), spec } as Service),
  ];
  const cases: [string, ServiceSpec, string[]][] = [
    ['ordinary', { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], sessionAffinity: 'None' }, []],
    [
      'headless',
      {
        clusterIP: 'None',
        clusterIPs: ['None'],
        externalIPs: ['1.2.3.4'],
        loadBalancerIP: '1.2.3.4',
        sessionAffinity: 'ClientIP',
      },
      [
        'spec.loadBalancerIP is ignored for headless services',
        'spec.externalIPs is ignored for headless services',
        'spec.SessionAffinity is ignored for headless services',
      ],
    ],
    [
      'external addresses',
      { externalIPs: ['1.2.3.4'] },
      ['spec.externalIPs is deprecated and may no longer be implemented in some clusters'],
    ],
    [
      'names',
      { type: 'ExternalName', externalName: 'a.b', externalIPs: ['1.2.3.4'] },
      ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
    ],
    ['a name besides', { externalName: 'a.b' }, ['spec.externalName is ignored when spec.type is not "ExternalName"']],
    [
      'traffic',
      { trafficDistribution: 'PreferClose' },
      ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
    ],
  ];
  for (const [what, spec, warnings] of cases) test(what, () => assert.deepEqual(of(spec), warnings));

  test('the deprecated annotation for topology hints', () => {
    assert.deepEqual(of({}, { 'service.kubernetes.io/topology-aware-hints': 'auto' }), [
      'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
    ]);
  });
});

test('volumes and claims', () => {
  const annotations = { 'volume.beta.kubernetes.io/storage-class': 'fast' };
  const text =
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead';
  assert.deepEqual(
    [...claimWarnings({ metadata: meta({ annotations }), spec: { resources: { limits: { storage: '1500m' } } } })],
    [text, 'spec.resources.limits[storage]: fractional byte value "1500m" is invalid, must be an integer'],
  );
  const spec: PersistentVolumeSpec = {
    persistentVolumeReclaimPolicy: 'Recycle',
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'Exists' }] }],
      },
    },
    rbd: { monitors: ['m'], image: 'i' },
  };
  assert.deepEqual(
    [...persistentVolumeWarnings({ metadata: meta({ annotations }), spec })],
    [
      text,
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
      'spec.rbd: deprecated in v1.28, non-functional in v1.31+',
    ],
  );
});

test('node labels in storage classes', () => {
  const key = 'failure-domain.beta.kubernetes.io/zone';
  const text = 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead';
  assert.deepEqual(
    [
      ...storageClassWarnings({
        metadata: meta(),
        provisioner: 'p',
        allowedTopologies: [{ matchLabelExpressions: [{ key, values: ['a'] }] }],
      }),
      ...storageCapacityWarnings({
        metadata: meta(),
        storageClassName: 's',
        nodeTopology: { matchLabels: { [key]: 'a' }, matchExpressions: [{ key, operator: 'Exists' }] },
      }),
      ...runtimeClassWarnings({ metadata: meta(), handler: 'h', scheduling: { nodeSelector: { [key]: 'a' } } }),
    ],
    [
      `allowedTopologies[0].matchLabelExpressions[0]: ${text}`,
      `nodeTopology.matchExpressions[0].key: ${key} is ${text}`,
      `nodeTopology.matchLabels.${key}: ${text}`,
      `scheduling.nodeSelector: ${text}`,
    ],
  );
});

test('addresses in policies and endpoints, except those that our controllers write', () => {
  const ipBlock = { cidr: '10.1.0.0/8', except: ['10.0.0.1/16'] };
  const policy = {
    metadata: meta(),
    spec: { podSelector: {}, ingress: [{ from: [{ ipBlock }] }], egress: [{ to: [{ ipBlock }] }] },
  };
  assert.deepEqual(
    [...networkPolicyWarnings(policy)].map((text) => text.replace(/:.*/, '')),
    [
      'spec.ingress[0].from[0].ipBlock.cidr',
      'spec.ingress[0].from[0].ipBlock.except[0]',
      'spec.egress[0].to[0].ipBlock.cidr',
      'spec.egress[0].to[0].ipBlock.except[0]',
    ],
  );
  const endpoints = { metadata: meta(), subsets: [{ notReadyAddresses: [{ ip: 'FD00::1' }] }] };
  assert.deepEqual(
    [...endpointsWarnings(endpoints)],
    ['subsets[0].notReadyAddresses[0].ip: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")'],
  );
  const labels = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
  assert.deepEqual([...endpointsWarnings({ ...endpoints, metadata: meta({ labels }) })], []);
});
