import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, type PodSpec, pods } from '@typernetes/api/core/v1';
import type { PodPresetSpec } from '@typernetes/api/settings/v1alpha1';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { literalReads } from '../../testing/object-reads.ts';
import { podPreset } from './pod-preset.ts';

const preset = (name: string, spec: PodPresetSpec) => ({
  metadata: { name, namespace: 'default', resourceVersion: '7' },
  spec: { selector: { matchLabels: { role: 'frontend' } }, ...spec },
});
const database = preset('allow-database', {
  env: [{ name: 'DB_PORT', value: '6379' }],
  envFrom: [{ configMapRef: { name: 'etcd' } as never }],
  volumeMounts: [{ mountPath: '/cache', name: 'cache-volume' }],
  volumes: [{ name: 'cache-volume', emptyDir: {} }],
});

async function admitted(
  presets: object[],
  literal: { labels?: object; annotations?: object; spec?: Partial<PodSpec>; operation?: 'UPDATE' } = {},
): Promise<{ pod: Pod; events: string[] }> {
  const events: string[] = [];
  const pod = structuredClone({
    metadata: { name: 'website', labels: literal.labels ?? { role: 'frontend' }, annotations: literal.annotations },
    spec: { containers: [{ name: 'website', image: 'nginx' }], ...literal.spec },
  }) as unknown as Pod;
  const plugin = podPreset({
    podPresets: literalReads(presets as never[]),
    events: (component) => ({
      event: (_target, type, _reason, message) => events.push(`${type} ${component}: ${message}`),
    }),
  });
  await runPlugin(plugin, admissionRequest(pods, { object: pod, operation: literal.operation ?? 'CREATE' }));
  return { pod, events };
}

test("a matching preset is injected into every container, and the pod's annotations say so", async () => {
  const { pod, events } = await admitted([database], { spec: { initContainers: [{ name: 'init' } as never] } });
  const added = {
    env: [{ name: 'DB_PORT', value: '6379' }],
    envFrom: [{ configMapRef: { name: 'etcd' } }],
    volumeMounts: [{ mountPath: '/cache', name: 'cache-volume' }],
  };
  assert.deepEqual(pod.spec.containers, [{ name: 'website', image: 'nginx', ...added }]);
  assert.deepEqual(pod.spec.initContainers, [{ name: 'init', ...added }]);
  assert.deepEqual(pod.spec.volumes, [{ name: 'cache-volume', emptyDir: {} }]);
  assert.deepEqual(pod.metadata.annotations, { 'podpreset.admission.kubernetes.io/podpreset-allow-database': '7' });
  assert.deepEqual(events, []);
});

test('merges presets; equal values do not conflict', async () => {
  const other = preset('other', {
    env: [
      { name: 'DB_PORT', value: '6379' },
      { name: 'X', value: '1' },
    ],
  });
  const { pod } = await admitted([other, database]);
  assert.deepEqual(pod.spec.containers[0]?.env, [
    { name: 'DB_PORT', value: '6379' },
    { name: 'X', value: '1' },
  ]);
  assert.equal(Object.keys(pod.metadata.annotations ?? {}).length, 2);
});

test('a single conflict prevents the whole injection', async () => {
  const cases: [object[], Partial<PodSpec>, string][] = [
    [[database], { containers: [{ name: 'w', env: [{ name: 'DB_PORT', value: '1' }] }] as never }, 'on DB_PORT'],
    [[database], { volumes: [{ name: 'cache-volume', hostPath: { path: '/' } }] }, 'merging volumes'],
    [
      [
        database,
        preset('second', { volumeMounts: [{ mountPath: '/cache', name: 'other' }], volumes: [{ name: 'other' }] }),
      ],
      {},
      'on mount path /cache',
    ],
    [
      [database],
      { containers: [{ name: 'w', volumeMounts: [{ mountPath: '/b', name: 'cache-volume' }] }] as never },
      'on cache-volume',
    ],
  ];
  for (const [presets, spec, text] of cases) {
    const untouched = (await admitted([], { spec })).pod;
    const { pod, events } = await admitted(presets, { spec });
    assert.deepEqual(pod, untouched);
    assert.equal(events.length, 1);
    assert.match(events[0] as string, /^Warning pip allow-database/);
    assert.ok(String(events[0]).includes(text), String(events[0]));
  }
});

test('leaves alone pods that do not match, opted out, are mirrors or exist already', async () => {
  for (const literal of [
    { labels: { role: 'backend' } },
    { annotations: { 'podpreset.admission.kubernetes.io/exclude': 'true' } },
    { annotations: { 'kubernetes.io/config.mirror': 'x' } },
    { operation: 'UPDATE' as const },
  ]) {
    const { pod } = await admitted([database], literal);
    assert.equal(pod.spec.containers[0]?.env, undefined);
  }
  const elsewhere = { ...database, metadata: { ...database.metadata, namespace: 'other' } };
  assert.equal((await admitted([elsewhere])).pod.spec.volumes, undefined);
});
