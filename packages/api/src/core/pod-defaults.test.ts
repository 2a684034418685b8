import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { usesLatestTag } from './container-defaults.ts';
import { defaultPod } from './pod-defaults.ts';
import type { Container, Pod, PodSpec, Volume } from './v1.gen.ts';
import { defaultVolume } from './volume-defaults.ts';

const pod = (spec: Partial<PodSpec>): Pod =>
  ({ metadata: { name: 'p' }, spec: { containers: [], ...spec } }) as unknown as Pod;
const defaulted = (spec: Partial<PodSpec>): PodSpec => {
  const object = pod(spec);
  defaultPod(object);
  return object.spec;
};
const container = (fields: Partial<Container>): Container => ({ name: 'c', image: 'i', ...fields });

describe('usesLatestTag', () => {
  const cases: readonly [string, boolean][] = [
    ['nginx', true],
    ['nginx:latest', true],
    ['50%', false],
    ['Nginx', false],
    ['nginx:1.27', false],
    ['registry.local:5000/nginx', true],
    ['registry.local:5000/nginx:1', false],
    // A path on the registry has at most 255 characters.
    ['x'.repeat(247), true],
    ['x'.repeat(248), false],
    [`registry.local/${'x'.repeat(255)}`, true],
    [`nginx@sha256:${'0'.repeat(64)}`, false],
    [`nginx:latest@sha256:${'0'.repeat(64)}`, true],
  ];
  for (const [image, want] of cases) it(image, () => assert.equal(usesLatestTag(image), want));
});

describe('defaultPod', () => {
  it('sets requests from limits and keeps explicit requests', () => {
    const spec = defaulted({
      containers: [container({ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } } })],
    });
    assert.deepEqual(spec.containers[0]?.resources?.requests, { cpu: '100m', memory: '1Gi' });
  });

  it('publishes container ports in the host network only', () => {
    const ports = () => [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }];
    const host = defaulted({ hostNetwork: true, containers: [container({ ports: ports() })] });
    assert.deepEqual(
      host.containers[0]?.ports?.map((port) => port.hostPort),
      [80, 8081],
    );
    const own = defaulted({ containers: [container({ ports: ports() })] });
    assert.deepEqual(
      own.containers[0]?.ports?.map((port) => port.hostPort),
      [undefined, 8081],
    );
  });

  it('completes probes and hooks', () => {
    const spec = defaulted({
      containers: [
        container({ livenessProbe: { httpGet: { port: 80 } }, lifecycle: { preStop: { httpGet: { port: 'web' } } } }),
      ],
    });
    assert.deepEqual(spec.containers[0]?.livenessProbe, {
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    assert.deepEqual(spec.containers[0]?.lifecycle?.preStop?.httpGet, { port: 'web', path: '/', scheme: 'HTTP' });
  });

  it('mirrors the deprecated service account name in both directions', () => {
    assert.equal(defaulted({ serviceAccount: 'old' }).serviceAccountName, 'old');
    assert.equal(defaulted({ serviceAccountName: 'new', serviceAccount: 'old' }).serviceAccount, 'new');
  });
});

describe('defaultVolume', () => {
  const cases: readonly { name: string; given: Volume; want: Volume }[] = [
    { name: 'no source', given: { name: 'v' }, want: { name: 'v', emptyDir: {} } },
    {
      name: 'a secret',
      given: { name: 'v', secret: { secretName: 's' } },
      want: { name: 'v', secret: { secretName: 's', defaultMode: 420 } },
    },
    {
      name: 'a host path',
      given: { name: 'v', hostPath: { path: '/x' } },
      want: { name: 'v', hostPath: { path: '/x', type: '' } },
    },
    {
      name: 'projected sources',
      given: {
        name: 'v',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token' } },
            { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
          ],
        },
      },
      want: {
        name: 'v',
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
            { downwardAPI: { items: [{ path: 'n', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }] } },
          ],
        },
      },
    },
  ];
  for (const { name, given, want } of cases) {
    it(name, () => {
      const volume = structuredClone(given);
      defaultVolume(volume);
      assert.deepEqual(volume, want);
    });
  }
});
