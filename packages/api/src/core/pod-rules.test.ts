import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validatePod } from './pod-validation.ts';
import type { Container, Pod, PodSpec } from './v1.gen.ts';

interface Given {
  readonly spec?: Partial<PodSpec>;
  readonly container?: Partial<Container>;
  readonly annotations?: Record<string, string>;
}

const described = ({ spec = {}, container = {}, annotations }: Given): string[] => {
  const main = {
    name: 'main',
    image: 'web:1',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'Always',
    ...container,
  };
  const pod = {
    metadata: { name: 'web', namespace: 'default', ...(annotations ? { annotations } : {}) },
    spec: {
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
      containers: [main],
      ...spec,
    },
  } as unknown as Pod;
  return validatePod(pod).map(({ field, body }) => `${field}: ${body}`);
};

const security = 'spec.securityContext';
const cases: Readonly<Record<string, readonly [Given, readonly (string | RegExp)[]]>> = {
  'costs of a deletion are whole numbers': [
    { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '+1' } },
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
  ],
  'search domains are domains': [
    { spec: { dnsConfig: { searches: ['.', 'a_b.c.', '..'] } } },
    [/^spec\.dnsConfig\.searches\[2\]: Invalid value: "\.\.": a lowercase RFC 1123 subdomain must consist of/],
  ],
  'another host name goes with nothing that makes one': [
    { spec: { hostnameOverride: 'x', setHostnameAsFQDN: true, hostNetwork: true } },
    [
      'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
      'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
    ],
  ],
  'AppArmor profiles of the node have a name, others have none': [
    { spec: { securityContext: { appArmorProfile: { type: 'Localhost' } } } },
    [`${security}.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost`],
  ],
  'sysctls have names': [
    { spec: { securityContext: { sysctls: [{ name: 'a..b', value: '1' }] } } },
    [
      `${security}.sysctls[0].name: Invalid value: "a..b": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
    ],
  ],
  'options of Windows are not for Linux': [
    { spec: { os: { name: 'linux' }, securityContext: { windowsOptions: {} } } },
    [`${security}.windowsOptions: Forbidden: windows options cannot be set for a linux pod`],
  ],
  'claims of devices are told apart and named once': [
    {
      spec: {
        resourceClaims: [
          { name: 'a', resourceClaimName: 'x' },
          { name: 'a', resourceClaimTemplateName: 'y' },
          { name: 'b' },
        ],
      },
      container: { resources: { claims: [{ name: 'a' }, { name: 'a' }, { name: 'c' }] } },
    },
    [
      'spec.resourceClaims[1].name: Duplicate value: "a"',
      'spec.resourceClaims[2]: Invalid value: {"Name":"b","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.containers[0].resources.claims[1]: Duplicate value: "a"',
      'spec.containers[0].resources.claims[2]: Not found: "c": must be one of the names in pod.spec.resourceClaims: a, b',
    ],
  ],
  'resources are known or qualified': [
    { container: { resources: { limits: { foo: '1', 'requests.x/y': '1' } } } },
    [
      'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
      'spec.containers[0].resources.limits[requests.x/y]: Invalid value: "requests.x/y": doesn\'t follow extended resource name standard',
    ],
  ],
  'what is read-only recursively is read-only': [
    {
      spec: { volumes: [{ name: 'v', emptyDir: {} }] },
      container: { volumeMounts: [{ name: 'v', mountPath: '/v', recursiveReadOnly: 'Enabled' }] },
    },
    ['spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true'],
  ],
  'devices are of claims': [
    {
      spec: { volumes: [{ name: 'v', emptyDir: {} }] },
      container: {
        volumeDevices: [
          { name: 'v', devicePath: '/dev/../x' },
          { name: 'w', devicePath: '' },
        ],
      },
    },
    [
      'spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      'spec.containers[0].volumeDevices[0].devicePath: Invalid value: "/dev/../x": can not contain backsteps (\'..\')',
      'spec.containers[0].volumeDevices[1].name: Not found: "w"',
      'spec.containers[0].volumeDevices[1].devicePath: Required value',
    ],
  ],
  'drivers of volumes are domains': [
    { spec: { volumes: [{ name: 'v', csi: { driver: '_' } }] } },
    [/^spec\.volumes\[0\]\.csi\.driver: Invalid value: "_": a lowercase RFC 1123 subdomain must consist of/],
  ],
};

for (const [name, [given, wanted]] of Object.entries(cases)) {
  test(name, () => {
    const found = described(given);
    assert.equal(found.length, wanted.length, found.join('\n'));
    for (const [i, text] of wanted.entries()) {
      if (typeof text === 'string') assert.equal(found[i], text);
      else assert.match(found[i] ?? '', text);
    }
  });
}
