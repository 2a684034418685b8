import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { defaultPod } from './pod-defaults.ts';
import {
  validateEphemeralContainersUpdate,
  validatePod,
  validatePodStatusUpdate,
  validatePodUpdate,
} from './pod-validation.ts';
import type { Pod, PodSpec } from './v1.gen.ts';

/** A defaulted pod with one valid container and the given changes. */
function pod(spec: object = {}): Pod {
  const object = {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
  } as unknown as Pod;
  defaultPod(object);
  return object;
}
const container = (fields: object): object => ({ containers: [{ name: 'c', image: 'nginx', ...fields }] });

const cases: readonly { name: string; spec: object; want: readonly string[] }[] = [
  { name: 'a valid pod', spec: {}, want: [] },
  {
    name: 'a pod with many fields is valid',
    spec: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ operator: 'Exists' }],
      volumes: [{ name: 'v', emptyDir: {} }],
      ...container({
        ports: [{ name: 'http', containerPort: 80 }],
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
        env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }],
        livenessProbe: { httpGet: { port: 'http' } },
        resources: { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '1Gi' } },
      }),
    },
    want: [],
  },
  {
    name: 'names of sysctls',
    spec: {
      securityContext: {
        sysctls: ['foo-', 'kernel.shmmax', 'net/ipv4/a', 'bar..'].map((name) => ({ name, value: '0' })),
      },
    },
    want: [0, 3].map(
      (i) =>
        `spec.securityContext.sysctls[${i}].name: Invalid value: "${i === 0 ? 'foo-' : 'bar..'}": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
    ),
  },
  { name: 'no containers', spec: { containers: [] }, want: ['spec.containers: Required value'] },
  {
    name: 'no image',
    spec: { containers: [{ name: 'c' }] },
    want: ['spec.containers[0].image: Required value'],
  },
  {
    name: 'two containers with one name',
    spec: {
      containers: [
        { name: 'c', image: 'i' },
        { name: 'c', image: 'i' },
      ],
    },
    want: ['spec.containers[1].name: Duplicate value: "c"'],
  },
  {
    name: 'restart policy',
    spec: { restartPolicy: 'Sometimes' },
    want: ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  },
  {
    name: 'port out of range',
    spec: container({ ports: [{ containerPort: 70000 }] }),
    want: ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  },
  {
    name: 'mount of a missing volume',
    spec: container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
    want: ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  },
  {
    name: 'request above limit',
    spec: container({ resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }),
    want: [
      'spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
    ],
  },
  {
    name: 'two volume sources',
    spec: { volumes: [{ name: 'v', hostPath: { path: '/x' }, emptyDir: {} }] },
    want: ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  },
  {
    name: 'toleration without key',
    spec: { tolerations: [{ value: 'x' }] },
    want: [
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  },
  {
    name: 'probe without handler',
    spec: container({ livenessProbe: {} }),
    want: ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
  },
  {
    name: 'probe of an init container',
    spec: { initContainers: [{ name: 'i', image: 'i', livenessProbe: { exec: { command: ['x'] } } }] },
    want: [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  },
  {
    name: 'probe of an init container that is wrong in itself',
    spec: { initContainers: [{ name: 'i', image: 'i', livenessProbe: {} }] },
    want: [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  },
  {
    name: 'host ports of init containers',
    spec: {
      hostNetwork: true,
      initContainers: [
        { name: 'i', image: 'i', ports: [{ containerPort: 80, hostPort: 81, protocol: 'TCP' }] },
        {
          name: 'j',
          image: 'i',
          ports: [
            { name: 'a', containerPort: 80, hostPort: 81, protocol: 'TCP' },
            { name: 'b', containerPort: 82, hostPort: 81, protocol: 'TCP' },
          ],
        },
      ],
    },
    want: ['spec.initContainers[0].ports[1].hostPort: Duplicate value: "TCP//81"'],
  },
  {
    name: 'ephemeral containers at creation',
    spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] },
    want: ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  },
  {
    name: 'DNS policy None without servers',
    spec: { dnsPolicy: 'None' },
    want: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  },
];

describe('validatePod', () => {
  for (const { name, spec, want } of cases) {
    it(name, () => assert.deepEqual(validatePod(pod(spec)).map(problemText), want));
  }
});

describe('validatePodUpdate', () => {
  const current = pod({ activeDeadlineSeconds: 100, tolerations: [{ key: 'a', operator: 'Exists' }] });
  const changed = (spec: Partial<PodSpec>): Pod => ({ ...current, spec: { ...current.spec, ...spec } });
  const firstLines = (next: Pod): string[] =>
    validatePodUpdate(next, current).map((problem) => problemText(problem).split('\n')[0] ?? '');

  it('allows new images, shorter deadlines and more tolerations', () => {
    const containers = current.spec.containers.map((c) => ({ ...c, image: 'other' }));
    const tolerations = [...(current.spec.tolerations ?? []), { key: 'b', operator: 'Exists' as const }];
    assert.deepEqual(firstLines(changed({ containers, tolerations, activeDeadlineSeconds: 50 })), []);
  });

  it('rejects a longer deadline', () => {
    assert.deepEqual(firstLines(changed({ activeDeadlineSeconds: 200 })), [
      'spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value',
    ]);
  });

  it('rejects everything else', () => {
    assert.match(
      firstLines(changed({ nodeName: 'n' }))[0] ?? '',
      /^spec: Forbidden: pod updates may not change fields/,
    );
  });

  it('rejects fewer tolerations', () => {
    assert.deepEqual(firstLines(changed({ tolerations: [] })), [
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ]);
  });

  it('rejects changes of annotations that would make it another kind of pod', () => {
    const annotated = (annotations: Record<string, string>): Pod => ({
      ...current,
      metadata: { ...current.metadata, annotations },
    });
    const key = 'kubernetes.io/config.mirror';
    const mirrored = annotated({ [key]: 'x' });
    const added = [
      `metadata.annotations[${key}]: Forbidden: may not add mirror pod annotation`,
      `metadata.annotations[${key}]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set`,
    ];
    assert.deepEqual(firstLines(mirrored), added);
    assert.deepEqual(validatePodStatusUpdate(mirrored, current).map(problemText), added);
    assert.deepEqual(validatePodUpdate(current, mirrored).map(problemText), [
      `metadata.annotations[${key}]: Forbidden: may not remove or update mirror pod annotation`,
    ]);
    const cost = annotated({ 'controller.kubernetes.io/pod-deletion-cost': '+1' });
    assert.deepEqual(firstLines(cost), [
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer',
    ]);
    assert.deepEqual(validatePodUpdate(cost, cost), []);
  });

  it('rejects more containers', () => {
    const containers = [...current.spec.containers, { ...current.spec.containers[0], name: 'd' }];
    assert.deepEqual(firstLines(changed({ containers: containers as PodSpec['containers'] })), [
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
  });
});

it('lets ephemeral containers have only what does not count on them', () => {
  const current = pod({});
  const debug = {
    name: 'debug',
    image: 'i',
    imagePullPolicy: 'Always',
    terminationMessagePolicy: 'File',
    terminationMessagePath: '/dev/termination-log',
    resources: {},
  } as const;
  const problemsOf = (ephemeral: object): string[] =>
    validateEphemeralContainersUpdate(
      { ...current, spec: { ...current.spec, ephemeralContainers: [{ ...debug, ...ephemeral }] } },
      current,
    ).map(problemText);
  const detail = 'Forbidden: cannot be set for an Ephemeral Container';
  const at = 'spec.ephemeralContainers[0]';
  assert.deepEqual(problemsOf({ targetContainerName: 'c' }), []);
  assert.deepEqual(problemsOf({ targetContainerName: 'debug' }), [`${at}.targetContainerName: Not found: "debug"`]);
  assert.deepEqual(problemsOf({ livenessProbe: {} }), [`${at}.livenessProbe: ${detail}`]);
  assert.deepEqual(problemsOf({ resources: { claims: [] } }), [`${at}.resources: ${detail}`]);
  assert.deepEqual(problemsOf({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }), [
    `${at}.resizePolicy: ${detail}`,
  ]);
  assert.deepEqual(problemsOf({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a' }] }), [
    `${at}.volumeMounts[0].name: Not found: "v"`,
    `${at}.volumeMounts[0].subPath: ${detail}`,
  ]);
});
