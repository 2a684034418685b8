import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { completeConfiguration } from './defaults.ts';
import { configurationWarnings, unsupported } from './support.ts';
import { validateConfiguration } from './validate.ts';

interface Fact {
  readonly t: string;
  readonly ptr?: number;
}

const packages = join(import.meta.dirname, '../../..');
const facts = JSON.parse(readFileSync(join(packages, 'api/facts/types.json'), 'utf8'));
const fields: Readonly<Record<string, Fact>> = Object.fromEntries(
  Object.entries<Fact>(facts.types['kubelet.config/v1beta1.KubeletConfiguration'].fields).filter(
    ([name]) => name !== '~TypeMeta',
  ),
);

/** Everything that acts on the configuration: the kubelet and its program, without what only reads, fills and judges it. */
function acting(): string {
  const sources: string[] = [];
  for (const root of [join(packages, 'kubelet/src'), join(packages, '../apps/kubelet/src')])
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }))
      if (/(?<!\.test)\.ts$/.test(name) && !/^(config|testing)\//.test(name))
        sources.push(readFileSync(join(root, name), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, ''));
  return sources.join('\n');
}

test('the kubelet uses every field of the configuration, or the table says why not', () => {
  const source = acting();
  // Reads of `configuration.field`, or destructuring.
  const isRead = (name: string): boolean =>
    new RegExp(`(config|settings|asked|\\bgiven)\\??\\.${name}\\b`).test(source) ||
    new RegExp(`\\{[^{}]*\\b${name}\\b[^{}]*\\}(: [^=;]*)? = (\\w+\\.)*(config|settings)\\b`).test(source) ||
    new RegExp(`\\{[^{}]*\\b${name}\\b[^{}]*\\}: (Pick<)?(CompleteConfiguration|Settings)`).test(source) ||
    (/[a-z][A-Z]/.test(name) && new RegExp(`\\b${name}\\b`).test(source));
  // Acted on where the configuration is read.
  const elsewhere = new Set(['featureGates', 'mergeDefaultEvictionSettings']);
  const neither = Object.keys(fields).filter((name) => !isRead(name) && !(name in unsupported) && !elsewhere.has(name));
  assert.deepEqual(neither, [], 'neither read anywhere nor named');
  assert.deepEqual(
    Object.keys(unsupported).filter((name) => !(name in fields)),
    [],
    'named, but there is no such field',
  );
});

test('unsupported settings are refused or cause a warning', () => {
  const asking: Partial<KubeletConfiguration> = {
    cgroupsPerQOS: false,
    enforceNodeAllocatable: ['none'],
    enableControllerAttachDetach: false,
    enableContentionProfiling: true,
    kernelMemcgNotification: true,
    kubeletCgroups: '/kubelet',
    systemCgroups: '/system',
    podCIDR: '10.0.0.0/24',
    qosReserved: { memory: '50%' },
    featureGates: { MemoryQoS: true, CPUManagerPolicyAlphaOptions: true, NodeSwap: true },
    logging: { format: 'text', verbosity: 2, vmodule: [{ filePattern: 'a', verbosity: 9 }] } as never,
  };
  const config = completeConfiguration(asking);
  const said = [...validateConfiguration(config), ...configurationWarnings(config)];
  for (const [name, { effect }] of Object.entries(unsupported))
    if (effect !== 'none') assert.ok(name in asking && said.some((text) => text.includes(`${name}=`)), name);
  assert.deepEqual(validateConfiguration(config), [
    'invalid configuration: cgroupsPerQOS=false (pods always have groups by their classes): this kubelet cannot act on it',
    'invalid configuration: enableControllerAttachDetach=false (volumes are attached by the controller manager alone): this kubelet cannot act on it',
  ]);
  assert.deepEqual(configurationWarnings(config).slice(-1), [
    'feature gate MemoryQoS=true has no effect on this kubelet',
  ]);
  const plain = completeConfiguration({});
  assert.deepEqual([...validateConfiguration(plain), ...configurationWarnings(plain)], []);
});

test("reports problems with tracing in upstream's words", () => {
  const problems = (tracing: KubeletConfiguration['tracing']) =>
    validateConfiguration(completeConfiguration({ ...(tracing ? { tracing } : {}) }));
  assert.deepEqual(problems({ endpoint: 'localhost:4317', samplingRatePerMillion: 1_000_000 }), []);
  assert.deepEqual(problems({ samplingRatePerMillion: -1 }), [
    'tracing.samplingRatePerMillion: Invalid value: -1: sampling rate must be positive',
  ]);
});

test('an empty value counts as unset, except where it has a meaning', () => {
  const nothing: Readonly<Record<string, unknown>> = { string: '', int32: 0, int64: 0, Duration: '0s' };
  const usual = completeConfiguration({}) as unknown as Record<string, unknown>;
  for (const [name, { t, ptr }] of Object.entries(fields)) {
    if (!(t in nothing) || usual[name] === undefined) continue;
    // kubeadm writes all durations as 0s: "whatever is usual".
    const given = completeConfiguration({ [name]: nothing[t] } as Partial<KubeletConfiguration>);
    const got = (given as unknown as Record<string, unknown>)[name];
    assert.equal(got, ptr ? nothing[t] : usual[name], name);
  }
});

test('feature gates are looked at', () => {
  const problems = (featureGates: Record<string, boolean>) =>
    validateConfiguration(completeConfiguration({ featureGates }));
  assert.deepEqual(problems({ Nonsense: true }), ['unrecognized feature gate: Nonsense']);
  assert.deepEqual(problems({ NodeSwap: false }), [
    'cannot set feature gate NodeSwap to false, feature is locked to true',
  ]);
  assert.deepEqual(problems({ AllAlpha: false, NodeSwap: true, MemoryQoS: false }), []);
});
