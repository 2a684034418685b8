import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { startControlPlane } from 'typernetes';
import { bundleProgram } from '../../tools/bundle.ts';
import { installedProgram } from '../../tools/installed-program.ts';

const example = (name: string): string => join(import.meta.dirname, '../../examples', name);

test('the installed program has all of its parts, including those in separate files', async () => {
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
  // Finding the differences needs the table of all types.
  assert.equal(
    await kubectl('apply', '-f', example('nginx-deployment-1.8.yaml')),
    'deployment.apps/nginx-deployment configured\n',
  );
  assert.match(await kubectl('describe', 'deployment', 'nginx-deployment'), /Image: +nginx:1\.8/);
  assert.match(await kubectl('explain', 'deployment.spec.replicas'), /FIELD: replicas <integer>/);
  assert.match(await kubectl('apply', '--help'), /--server-side/);
  assert.match(await kubectl('version'), /^Client Version: v.+\nKustomize Version: v5.+\nServer Version: v.+\n$/);
  const printed = JSON.parse(await kubectl('version', '-o', 'json'));
  assert.deepEqual(Object.keys(printed), ['clientVersion', 'kustomizeVersion', 'serverVersion']);
  assert.match(printed.clientVersion.platform, /^linux\/\w+$/);
});

test("programs started by an installed kubectl get the user's environment", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-installed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const kubectl = await installedProgram('kubectl', join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'kubectl-env'), '#!/bin/sh\nenv\n', { mode: 0o755 });
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder };
  const seen = async (more: Record<string, string> = {}): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(kubectl, ['env'], { env: { ...env, ...more } });
    return stdout.split('\n').filter((line) => /^(GLIBC|TYPERNETES|OWN|NODE)_/.test(line));
  };
  assert.deepEqual(await seen({ OWN_VALUE: '1' }), ['OWN_VALUE=1']);
  assert.deepEqual(await seen({ GLIBC_TUNABLES: 'glibc.malloc.check=0' }), ['GLIBC_TUNABLES=glibc.malloc.check=0']);
  assert.deepEqual(await seen({ NODE_EXTRA_CA_CERTS: '/none' }), ['NODE_EXTRA_CA_CERTS=/none']);
});

test('an installed kubectl generates different names in each run', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-installed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = await installedProgram('kubectl', join(folder, 'bin'));
  await using plane = await startControlPlane({ controllers: [] });
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: plane.kubeconfigFile };
  const containerName = async (): Promise<string> => {
    const args = ['create', 'deployment', 'drawn', '--image=my_image', '--dry-run=client', '-o'];
    const path = 'jsonpath={.spec.template.spec.containers[0].name}';
    return (await promisify(execFile)(program, [...args, path], { env, timeout: 30_000 })).stdout;
  };
  const [first, second] = [await containerName(), await containerName()];
  assert.match(first, /^my-image-[a-z0-9]{5}$/);
  assert.notEqual(first, second);
});

test('CA certificates named in the environment are read only when needed, not for a cluster that has its own', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-installed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = await installedProgram('kubectl', join(folder, 'bin'));
  await using plane = await startControlPlane({ controllers: [] });
  const kubectl = async (args: readonly string[], more: Record<string, string>): Promise<string> => {
    const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: plane.kubeconfigFile, ...more };
    return (await promisify(execFile)(program, args, { env, timeout: 30_000 })).stdout;
  };

  // Reading it blocks.
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const named = { SSL_CERT_FILE: pipe, NODE_EXTRA_CA_CERTS: pipe };
  assert.match(await kubectl(['get', 'namespaces', '-o', 'name'], named), /namespace\/default/);

  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
  const authority = await createAuthority({ commonName: 'authority', ...validity });
  const leaf = { commonName: 'server', ...validity, ipAddresses: ['127.0.0.1'], usages: ['server auth'] } as const;
  const { certificate, privateKey } = await createLeaf(authority, leaf);
  const files = createServer({ cert: certificate, key: privateKey }, (_, response) => {
    response.end(readFileSync(example('nginx-deployment.yaml')));
  });
  t.after(() => files.close());
  await once(files.listen(0, '127.0.0.1'), 'listening');
  const url = `https://127.0.0.1:${(files.address() as AddressInfo).port}/nginx-deployment.yaml`;
  writeFileSync(join(folder, 'ca.crt'), authority.certificate);
  await assert.rejects(kubectl(['apply', '-f', url], {}), /signed by unknown authority/);
  assert.equal(
    await kubectl(['apply', '-f', url], { SSL_CERT_FILE: join(folder, 'ca.crt') }),
    'deployment.apps/nginx-deployment created\n',
  );
  // The connection to the cluster comes first.
  assert.match(await kubectl(['get', '-f', url, '-o', 'name'], { SSL_CERT_FILE: join(folder, 'ca.crt') }), /nginx/);
});
