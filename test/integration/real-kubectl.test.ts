import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import {
  apiServerFlags,
  builtInResources,
  completeConfig,
  readMaterial,
  startConfiguredServer,
} from '@typernetes/apiserver';
import { silentLogger } from '@typernetes/base/testing';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { realKubectl } from '../upstream-tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'real-kubectl-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };
const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
const serving = await createLeaf(ca, {
  commonName: 'kube-apiserver',
  ...validity,
  ipAddresses: ['127.0.0.1'],
  usages: ['digital signature', 'server auth'],
});
const admin = await createLeaf(ca, {
  commonName: 'admin',
  organizations: ['system:masters'],
  ...validity,
  usages: ['digital signature', 'client auth'],
});
const caFile = file('ca.crt', ca.certificate);
const { flags } = parseFlags(apiServerFlags, [
  '--authorization-mode=RBAC',
  '--advertise-address=192.0.2.1',
  '--service-cluster-ip-range=10.96.0.0/12',
  `--client-ca-file=${caFile}`,
  `--tls-cert-file=${file('tls.crt', serving.certificate)}`,
  `--tls-private-key-file=${file('tls.key', serving.privateKey)}`,
]);
const config = completeConfig(flags, { defaultAddress: () => '127.0.0.1' });
const material = readMaterial(config);
const store = new MemoryStore();
const server = await startConfiguredServer({ config, material, store, log: silentLogger, resources: builtInResources });
const { port } = await server.listen({ host: '127.0.0.1', port: 0, material: material.tls });
after(async () => {
  await server.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const environment = { HOME: folder, PATH: process.env.PATH };
const connection = [
  `--server=https://127.0.0.1:${port}`,
  `--certificate-authority=${caFile}`,
  `--client-certificate=${file('admin.crt', admin.certificate)}`,
  `--client-key=${file('admin.key', admin.privateKey)}`,
];
const run = promisify(execFile);
const kubectl = async (...args: string[]): Promise<string> =>
  (await run(realKubectl(), [...connection, ...args], { env: environment })).stdout;
const manifest = file(
  'deployment.yaml',
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.7.9", ports: [{containerPort: 80}]}]}
`,
);

test("upstream's kubectl applies, reads, patches and deletes", async () => {
  assert.equal(await kubectl('apply', '-f', manifest), 'deployment.apps/web created\n');
  assert.equal(await kubectl('apply', '-f', manifest), 'deployment.apps/web unchanged\n');
  assert.match(
    await kubectl('get', 'deployments', '-o', 'wide'),
    /NAME +READY +UP-TO-DATE +AVAILABLE +AGE.*\nweb +0\/2 /,
  );
  assert.match(await kubectl('describe', 'deployment', 'web'), /StrategyType: +RollingUpdate/);
  assert.equal(await kubectl('scale', 'deployment/web', '--replicas=3'), 'deployment.apps/web scaled\n');
  const patch = '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"nginx:1.8"}]}}}}';
  assert.equal(await kubectl('patch', 'deployment', 'web', '-p', patch), 'deployment.apps/web patched\n');
  const shown = await kubectl(
    'get',
    'deployment',
    'web',
    '-o',
    'jsonpath={.spec.replicas} {..image} {.metadata.generation}',
  );
  assert.equal(shown, '3 nginx:1.8 3');
  assert.match(await kubectl('delete', '-f', manifest), /deployment.apps "web" deleted/);
});

test('its typed commands speak protobuf', async () => {
  assert.equal(await kubectl('create', 'deployment', 'typed', '--image=nginx'), 'deployment.apps/typed created\n');
  assert.equal(await kubectl('auth', 'can-i', 'create', 'pods'), 'yes\n');
  await assert.rejects(kubectl('auth', 'can-i', 'create', 'pods', '--as=nobody'), /no/);
});

test('it refuses what the server refuses', async () => {
  const wrong = file('wrong.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatas: {x: y}\n');
  await assert.rejects(kubectl('apply', '-f', wrong), /strict decoding error: unknown field "datas"/);
  await assert.rejects(kubectl('get', 'pods', 'none'), /Error from server \(NotFound\): pods "none" not found/);
});

test('a watch prints what changes', async () => {
  const watching = run(
    realKubectl(),
    [...connection, 'get', 'configmaps', '--watch', '--request-timeout=5s', '-o', 'name'],
    {
      env: environment,
    },
  ).catch((error: { stdout: string }) => error);
  await kubectl('create', 'configmap', 'seen', '--from-literal=a=b');
  assert.match((await watching).stdout, /configmap\/seen/);
});
