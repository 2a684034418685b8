import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startControlPlane } from 'typernetes';
import { bundleProgram } from '../../tools/bundle.ts';
import { installedProgram } from '../../tools/installed-program.ts';

const example = (name: string): string => join(import.meta.dirname, '../../examples', name);

test('the program that is installed has all of its parts, those in files of their own included', async () => {
  await using plane = await startControlPlane({ nodes: 1 });
  const program = await bundleProgram('kubectl');
  const kubectl = async (...args: string[]): Promise<string> => {
    const env = { PATH: process.env.PATH, KUBECONFIG: plane.kubeconfigFile };
    return (await promisify(execFile)(process.execPath, [program, ...args], { env })).stdout;
  };
  assert.equal(
    await kubectl('apply', '-f', example('nginx-deployment.yaml')),
    'deployment.apps/nginx-deployment created\n',
  );
  // What differs is found with the table of all types.
  assert.equal(
    await kubectl('apply', '-f', example('nginx-deployment-1.8.yaml')),
    'deployment.apps/nginx-deployment configured\n',
  );
  assert.match(await kubectl('describe', 'deployment', 'nginx-deployment'), /Image: +nginx:1\.8/);
  assert.match(await kubectl('explain', 'deployment.spec.replicas'), /FIELD: replicas <integer>/);
  assert.match(await kubectl('apply', '--help'), /--server-side/);
});

test('what an installed kubectl runs has the environment of its user', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-installed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const kubectl = await installedProgram('kubectl', join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'kubectl-env'), '#!/bin/sh\nenv\n', { mode: 0o755 });
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder };
  const seen = async (more: Record<string, string> = {}): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(kubectl, ['env'], { env: { ...env, ...more } });
    return stdout.split('\n').filter((line) => /^(GLIBC|TYPERNETES|OWN)_/.test(line));
  };
  assert.deepEqual(await seen({ OWN_VALUE: '1' }), ['OWN_VALUE=1']);
  assert.deepEqual(await seen({ GLIBC_TUNABLES: 'glibc.malloc.check=0' }), ['GLIBC_TUNABLES=glibc.malloc.check=0']);
});
