import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Runs a program with these arguments; returns its exit code and last output. */
async function ended(program: string, args: readonly string[]): Promise<{ code: unknown; said: string }> {
  return await new Promise((resolve) => {
    const main = join(import.meta.dirname, `../../apps/${program}/src/main.ts`);
    execFile(process.execPath, [main, ...args], { timeout: 60_000 }, (error, _, stderr) =>
      resolve({ code: error?.code, said: stderr }),
    );
  });
}

const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];

test('no program starts with unknown or locked gates', async () => {
  const refused = {
    'Nope=true': 'unrecognized feature gate: Nope',
    'CRDValidationRatcheting=false':
      'cannot set feature gate CRDValidationRatcheting to false, feature is locked to true',
  };
  for (const [gates, problem] of Object.entries(refused))
    for (const program of programs) {
      const { code, said } = await ended(program, [`--feature-gates=${gates}`]);
      assert.ok(said.includes(problem), `${program} said: ${said}`);
      assert.equal(code, 1, program);
    }
});

test('the same applies to configuration files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'typernetes-gates-'));
  try {
    for (const [program, apiVersion, kind] of [
      ['kubelet', 'kubelet.config.k8s.io/v1beta1', 'KubeletConfiguration'],
      ['kube-proxy', 'kubeproxy.config.k8s.io/v1alpha1', 'KubeProxyConfiguration'],
    ] as const) {
      const file = join(folder, `${program}.yaml`);
      await writeFile(file, JSON.stringify({ apiVersion, kind, featureGates: { Nope: true } }));
      const { code, said } = await ended(program, [`--config=${file}`]);
      assert.ok(said.includes('unrecognized feature gate: Nope'), `${program} said: ${said}`);
      assert.equal(code, 1, program);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
