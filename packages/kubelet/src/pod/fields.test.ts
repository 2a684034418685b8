import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const packages = join(import.meta.dirname, '../../..');
const facts = JSON.parse(readFileSync(join(packages, 'api/facts/types.json'), 'utf8')).types;
const features = readFileSync(join(packages, '../docs/kubelet-features.md'), 'utf8');

/** The types that make up a pod, as far as a node uses them. */
const types = [
  'PodSpec',
  'Container',
  'EphemeralContainer',
  'PodSecurityContext',
  'SecurityContext',
  'Capabilities',
  'SeccompProfile',
  'AppArmorProfile',
  'SELinuxOptions',
  'WindowsSecurityContextOptions',
  'Probe',
  'Lifecycle',
  'LifecycleHandler',
  'ProbeHandler',
  'ExecAction',
  'HTTPGetAction',
  'TCPSocketAction',
  'GRPCAction',
  'SleepAction',
  'ContainerPort',
  'ContainerRestartRule',
  'ContainerResizePolicy',
  'ResourceRequirements',
  'EnvVarSource',
  'EnvFromSource',
  'FileKeySelector',
  'VolumeMount',
  'VolumeDevice',
  'VolumeSource',
  'VolumeProjection',
  'EmptyDirVolumeSource',
  'HostPathVolumeSource',
  'ImageVolumeSource',
  'CSIVolumeSource',
  'ServiceAccountTokenProjection',
  'PodDNSConfig',
  'HostAlias',
  'PodOS',
  'PodReadinessGate',
  'Toleration',
];

function sourcesOf(...folders: readonly string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(join(packages, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.ts$/.test(name) && !/\.(test|gen)\.ts$|^testing\//.test(name))
        .map((name) => readFileSync(join(packages, folder, name), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')),
    )
    .join('\n');
}

/** The names in the first column of a section's table. */
function namedIn(section: string): ReadonlySet<string> {
  const [, text = ''] = new RegExp(`## ${section}\n([^]*?)(?=\n## |$)`).exec(features) ?? [];
  const rows = [...text.matchAll(/^\| (.+?) \|/gm)].map(([, first = '']) => first);
  return new Set(rows.flatMap((row) => [...row.matchAll(/`(\w+\.\w+)`/g)].map(([, name = '']) => name)));
}

test('the kubelet or another component uses every field of a pod, or the table says why not', () => {
  const kubelet = sourcesOf('kubelet/src');
  const others = sourcesOf('scheduler/src', 'apiserver/src/admission', 'controllers/src');
  const reasons = namedIn('Fields of pods that nothing acts on');
  const elsewhere = namedIn('Fields of pods that others act on');
  const fields = types.flatMap((type) => {
    const found = facts[`core/v1.${type}`];
    assert.ok(found, type);
    return Object.keys(found.fields)
      .filter((name) => /^\w+$/.test(name))
      .map((name) => `${type}.${name}`);
  });
  const isIn = (source: string, field: string): boolean => new RegExp(`\\b${field.split('.')[1]}\\b`).test(source);
  assert.deepEqual(
    fields.filter((field) => !reasons.has(field) && !elsewhere.has(field) && !isIn(kubelet, field)),
    [],
    'neither acted on nor named',
  );
  assert.deepEqual(
    [...elsewhere].filter((field) => !fields.includes(field) || !isIn(others, field)),
    [],
    'said to be acted on by others, and is not',
  );
  assert.deepEqual(
    [...reasons].filter((field) => !fields.includes(field)),
    [],
    'named, but there is no such field',
  );
});

test('the tests that the table of features names exist', () => {
  const root = join(packages, '..');
  const files = [
    'packages/kubelet/src',
    'packages/local-storage/src',
    'packages/cri/src',
    'apps/kubelet/src',
    'test',
    'bench',
  ]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    )
    .filter((name) => /\.(test|bench)\.ts$/.test(name));
  const named = [...features.matchAll(/`([\w./-]+\.(?:test|bench)\.ts)`/g)].map(([, name = '']) => name);
  assert.ok(named.length > 50);
  assert.deepEqual(
    named.filter((name) => !files.some((file) => file.endsWith(`/${name}`))),
    [],
  );
});
