import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podSpecProblems } from './pod-spec-validation.ts';
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
const appArmor = 'container.apparmor.security.beta.kubernetes.io';
const seccomp = 'seccomp.security.alpha.kubernetes.io';
const tolerations = 'scheduler.alpha.kubernetes.io/tolerations';
const small = { name: 'first', image: 'i', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' } as const;
const fileKey = (i: number): string => `spec.containers[0].env[${i}].valueFrom.fileKeyRef`;
const claim = {
  accessModes: ['ReadWriteOnce'],
  volumeMode: 'Filesystem',
  resources: { requests: { storage: '1Gi' } },
};
const cases: Readonly<Record<string, readonly [Given, readonly (string | RegExp)[]]>> = {
  'pod deletion costs are integers': [
    { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '+1' } },
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
  ],
  'a pod must not reference the claim of its own ephemeral volume': [
    {
      spec: {
        volumes: [
          { name: 'v', ephemeral: { volumeClaimTemplate: { spec: claim } } },
          { name: 'w', persistentVolumeClaim: { claimName: 'web-v' } },
        ],
      } as never,
    },
    [
      'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-v": must not reference a PVC that gets created for an ephemeral volume',
    ],
  ],
  'containers of pods that never restart cannot be restarted for a resize': [
    {
      spec: { restartPolicy: 'Never' },
      container: { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
    },
    [
      `spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when pod \`restartPolicy\` is 'Never'`,
    ],
  ],
  'neither can init containers': [
    {
      spec: {
        initContainers: [{ ...small, resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }],
      },
    },
    [
      `spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to 'RestartContainer' for non-sidecar initContainers`,
    ],
  ],
  'each resource has at most one resize policy': [
    {
      container: {
        resizePolicy: [
          { resourceName: 'cpu', restartPolicy: 'NotRequired' },
          { resourceName: 'cpu', restartPolicy: '' },
          { resourceName: 'disk', restartPolicy: 'NotRequired' },
        ],
      },
    },
    [
      'spec.containers[0].resizePolicy[1]: Duplicate value: "cpu"',
      'spec.containers[0].resizePolicy: Required value',
      'spec.containers[0].resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
    ],
  ],
  'an unmasked /proc needs a user namespace': [
    { container: { securityContext: { procMount: 'Unmasked' } } },
    [
      'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
    ],
  ],
  'an unmasked /proc is allowed in a user namespace': [
    { spec: { hostUsers: false }, container: { securityContext: { procMount: 'Unmasked' } } },
    [],
  ],
  'AppArmor annotations need a valid profile and an existing container': [
    {
      annotations: { [`${appArmor}/main`]: 'foo', [`${appArmor}/other`]: 'runtime/default', [`${appArmor}/`]: '' },
    },
    [
      `metadata.annotations[${appArmor}/main]: Invalid value: "foo": invalid AppArmor profile name: "foo"`,
      `metadata.annotations[${appArmor}/other]: Invalid value: "other": container not found`,
      `metadata.annotations[${appArmor}/]: Invalid value: "": container not found`,
    ],
  ],
  'AppArmor annotations agree with the fields': [
    {
      annotations: { [`${appArmor}/main`]: 'localhost/a' },
      container: { securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'b' } } },
    },
    [
      'spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match',
    ],
  ],
  'seccomp annotations need a valid profile': [
    {
      annotations: {
        [`${seccomp}/pod`]: 'localhost/../a',
        [`container.${seccomp}/other`]: 'x',
        [`container.${seccomp}/`]: 'docker/default',
      },
    },
    [
      `metadata.annotations.${seccomp}/pod: Invalid value: "../a": must not contain '..'`,
      `metadata.annotations.container.${seccomp}/other: Invalid value: "x": must be a valid seccomp profile`,
    ],
  ],
  'seccomp annotations agree with the fields': [
    {
      annotations: { [`${seccomp}/pod`]: 'unconfined', [`container.${seccomp}/main`]: 'localhost/a' },
      spec: { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      container: { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'b' } } },
    },
    [
      'spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match',
      'spec.containers[0].securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match',
    ],
  ],
  'tolerations in annotations are validated': [
    { annotations: { [tolerations]: '[{"key":"a","operator":"Exists","value":"b"}]' } },
    [
      `metadata.annotations.${tolerations}[0].operator: Invalid value: {"Key":"a","Operator":"Exists","Value":"b","Effect":"","TolerationSeconds":null}: value must be empty when \`operator\` is 'Exists'`,
    ],
  ],
  'tolerations in annotations are JSON': [
    { annotations: { [tolerations]: '[' } },
    [`metadata.annotations: Invalid value: "${tolerations}": unexpected end of JSON input`],
  ],
  'an empty runtime class name is invalid': [
    { spec: { runtimeClassName: '' } },
    [/^spec\.runtimeClassName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of/],
  ],
  'stop signals need the name of an OS': [
    { container: { lifecycle: { stopSignal: 'SIGTERM' } } },
    ['spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`'],
  ],
  'stop signals must be valid for the OS': [
    { spec: { os: { name: 'linux' } }, container: { lifecycle: { stopSignal: 'SIGRTMIN+16' as never } } },
    [
      /^spec\.containers\[0\]\.lifecycle\.stopSignal: Unsupported value: "SIGRTMIN\+16": supported values: "SIGABRT", "SIGALRM", .*"SIGRTMAX", "SIGRTMAX-1", "SIGRTMAX-10", /,
    ],
  ],
  'matchLabelKeys must not be in the selector already': [
    {
      spec: {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'zone',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
            matchLabelKeys: ['a', 'c d'],
          },
        ],
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'zone', labelSelector: {}, matchLabelKeys: ['a', 'c'], mismatchLabelKeys: ['c'] },
            ],
          },
        },
      },
    },
    [
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[1]: Invalid value: "c": exists in both matchLabelKeys and mismatchLabelKeys',
      /^spec\.topologySpreadConstraints\[0\]\.matchLabelKeys\[1\]: Invalid value: "c d": name part must consist of/,
      'spec.topologySpreadConstraints[0][0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector',
    ],
  ],
  'sleep hooks do not exceed the grace period': [
    { container: { lifecycle: { preStop: { sleep: { seconds: 31 } }, postStart: { sleep: { seconds: -1 } } } } },
    [
      'spec.containers[0].lifecycle.postStart.sleep: Invalid value: -1: must be non-negative and less than terminationGracePeriodSeconds (30)',
      'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ],
  ],
  'image volumes have a reference and a valid pull policy': [
    { spec: { volumes: [{ name: 'v', image: { reference: '', pullPolicy: 'X' } }] } as never },
    [
      'spec.volumes[0].image.pullPolicy: Unsupported value: "X": supported values: "Always", "IfNotPresent", "Never"',
      'spec.volumes[0].image.reference: Required value',
    ],
  ],
  'fileKeyRef needs an emptyDir volume of the pod': [
    {
      spec: { volumes: [{ name: 'v', hostPath: { path: '/x', type: '' } }] },
      container: {
        env: [
          { name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: '../a', key: 'k' } } },
          { name: 'B', valueFrom: { fileKeyRef: { volumeName: 'w', path: '', key: '' } } },
        ],
      },
    },
    [
      `${fileKey(0)}.path: Invalid value: "../a": must not contain '..'`,
      `${fileKey(0)}.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`,
      `${fileKey(1)}.key: Required value`,
      `${fileKey(1)}.path: Required value`,
      `${fileKey(1)}.volumeName: Not found: "w"`,
    ],
  ],
  'block devices are not allowed in a user namespace': [
    {
      spec: { hostUsers: false, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
      container: { volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] },
    },
    ['spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false'],
  ],
  'search domains are validated': [
    { spec: { dnsConfig: { searches: ['.', 'a_b.c.', '..'] } } },
    [/^spec\.dnsConfig\.searches\[2\]: Invalid value: "\.\.": a lowercase RFC 1123 subdomain must consist of/],
  ],
  'hostnameOverride excludes other sources of the host name': [
    { spec: { hostnameOverride: 'x', setHostnameAsFQDN: true, hostNetwork: true } },
    [
      'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
      'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
    ],
  ],
  'a Localhost AppArmor profile needs a name': [
    { spec: { securityContext: { appArmorProfile: { type: 'Localhost' } } } },
    [`${security}.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost`],
  ],
  'sysctl names are validated': [
    { spec: { securityContext: { sysctls: [{ name: 'a..b', value: '1' }] } } },
    [
      `${security}.sysctls[0].name: Invalid value: "a..b": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
    ],
  ],
  'Windows options are not allowed on Linux': [
    { spec: { os: { name: 'linux' }, securityContext: { windowsOptions: {} } } },
    [`${security}.windowsOptions: Forbidden: windows options cannot be set for a linux pod`],
  ],
  'resource claims have distinct names and one source each': [
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
  'a recursively read-only mount must be read-only': [
    {
      spec: { volumes: [{ name: 'v', emptyDir: {} }] },
      container: { volumeMounts: [{ name: 'v', mountPath: '/v', recursiveReadOnly: 'Enabled' }] },
    },
    ['spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true'],
  ],
  'block devices need a volume with a claim': [
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
  'CSI driver names are domain names': [
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

test("templates may have spaces around images, as upstream's server has accepted them", () => {
  const spec = { ...small, image: ' ' };
  const template = {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    containers: [spec],
  };
  const problems = (at: string): string[] => [...podSpecProblems(template as PodSpec, at)].map(({ field }) => field);
  assert.deepEqual(problems('spec.template.spec'), []);
  assert.deepEqual(problems('spec'), ['spec.containers[0].image']);
});
