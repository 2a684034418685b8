import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startControlPlane } from 'typernetes';
import { bundleProgram } from '../../tools/bundle.ts';

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
