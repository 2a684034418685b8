import assert from 'node:assert/strict';
import { it } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { applyDefaults } from '../defaults.ts';
import { validatePodPreset } from './pod-preset-validation.ts';
import type { PodPreset, PodPresetSpec } from './v1alpha1.gen.ts';

const type = { group: 'settings.k8s.io', version: 'v1alpha1', kind: 'PodPreset' };
const presetWith = (spec: PodPresetSpec): PodPreset => ({ metadata: { name: 'p' } as PodPreset['metadata'], spec });

it("sets the defaults of pods on the preset's parts", () => {
  const preset = presetWith({
    env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } as never } }],
    volumes: [{ name: 'a' }, { name: 's', secret: { secretName: 's' } }],
  });
  for (let i = 0; i < 2; i++) applyDefaults(type, preset);
  assert.equal(preset.spec.env?.[0]?.valueFrom?.fieldRef?.apiVersion, 'v1');
  assert.deepEqual(preset.spec.volumes, [
    { name: 'a', emptyDir: {} },
    { name: 's', secret: { secretName: 's', defaultMode: 0o644 } },
  ]);
});

it('validates presets as the last release that had them', () => {
  const cases: [PodPresetSpec, string[]][] = [
    [{ env: [{ name: 'DB_PORT', value: '6379' }] }, []],
    [{}, ['spec.volumes.env.envFrom.volumeMounts: Required value: must specify at least one']],
    [{ volumeMounts: [{ name: 'cache', mountPath: '/cache' }] }, ['spec.volumeMounts[0].name: Not found: "cache"']],
    [
      { env: [{ name: '' }], selector: { matchExpressions: [{ key: 'a', operator: 'Odd' }] } },
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Odd": not a valid selector operator',
        'spec.env[0].name: Required value',
      ],
    ],
  ];
  for (const [spec, problems] of cases)
    assert.deepEqual(validatePodPreset(presetWith(spec)).map(problemText), problems);
});
