import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { deployments } from '@typernetes/api/apps/v1';
import { configmaps, nodes, pods } from '@typernetes/api/core/v1';
import { clientFromKubeconfig, parseKubeconfig } from '@typernetes/client';
import { isForbidden } from '@typernetes/machinery';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from 'typernetes';
import { startCommand, stdoutOf } from '../command.ts';
import { realKubectl } from '../upstream-tools.ts';
import { eventually } from './api.ts';

async function withControlPlane(options: ControlPlaneOptions, use: (plane: ControlPlane) => Promise<void>) {
  await using plane = await startControlPlane(options);
  await use(plane);
}

const labels = { app: 'web' };
const containers = [{ name: 'web', image: 'web:1' }];

test('a Deployment becomes ready, and kubectl sees it', () =>
  withControlPlane({ nodes: 2 }, async ({ client, kubeconfigFile }) => {
    const web = client.resource(deployments);
    await web.create({
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    });
    await eventually(async () => {
      const { status } = await web.get({ namespace: 'default', name: 'web' });
      return status?.readyReplicas === 3 || undefined;
    });
    const owners = async () => (await web.get({ namespace: 'default', name: 'web' })).metadata.managedFields ?? [];
    assert.deepEqual((await owners()).map(({ manager, subresource = '' }) => [manager, subresource]).sort(), [
      ['kube-controller-manager', 'status'],
      ['typernetes', ''],
    ]);
    const env = { PATH: process.env.PATH, HOME: dirname(kubeconfigFile), KUBECONFIG: kubeconfigFile };
    const command = [realKubectl(), 'get', 'deployment/web', '-o', 'jsonpath={.status.readyReplicas}'];
    assert.equal(stdoutOf('kubectl get', await startCommand(command, { env }).outcome), '3');
  }));

test('pods behave as the test says', () =>
  withControlPlane({ nodes: ['only'], podCourse: () => ({ ready: true, exitCode: 1 }) }, async ({ client }) => {
    const ref = { namespace: 'default', name: 'fails' };
    await client.resource(pods).create({ metadata: ref, spec: { containers } });
    await eventually(async () => {
      const { status } = await client.resource(pods).get(ref);
      return status?.phase === 'Failed' || undefined;
    });
    assert.deepEqual(
      (await client.resource(nodes).list()).items.map(({ metadata }) => metadata.name),
      ['only'],
    );
  }));

test('nodes have the given capacity, and defaults for the rest', () =>
  withControlPlane({ nodes: 1, nodeAmounts: { cpu: '2', 'example.com/gpu': '1' } }, async ({ client }) => {
    const [node] = await eventually(async () => {
      const { items } = await client.resource(nodes).list();
      return items.length > 0 ? items : undefined;
    });
    assert.deepEqual(node?.status?.allocatable, {
      cpu: '2',
      'ephemeral-storage': '1Ti',
      'example.com/gpu': '1',
      memory: '256Gi',
      pods: '110',
    });
  }));

test('other users have the rights of RBAC', () =>
  withControlPlane({ controllers: [], scheduler: false }, async (plane) => {
    const kubeconfig = await plane.kubeconfigFor({ name: 'jane', groups: ['viewers'] });
    const jane = clientFromKubeconfig(parseKubeconfig(kubeconfig), { userAgent: 'test' });
    const maps = jane.resource(configmaps);
    await assert.rejects(maps.list({ namespace: 'default' }), isForbidden);
    await plane.client.json('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'Group', name: 'viewers', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    await eventually(() => maps.list({ namespace: 'default' }).catch(() => undefined));
    jane.transport.close();
  }));

test('a control plane continues where another one ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'control-plane-'));
  const options = { storage: { file: join(folder, 'store.db') }, controllers: [], scheduler: false };
  const ref = { namespace: 'default', name: 'kept' };
  try {
    await withControlPlane(options, async ({ client }) => {
      await client.resource(configmaps).create({ metadata: ref, data: { a: '1' } });
    });
    await withControlPlane(options, async ({ client }) => {
      assert.deepEqual((await client.resource(configmaps).get(ref)).data, { a: '1' });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an invalid flag is rejected with the program's message", async () => {
  await assert.rejects(
    startControlPlane({ apiServerFlags: ['--authorization-mode=Magic'] }),
    /"Magic" is not a valid mode/,
  );
  await assert.rejects(startControlPlane({ apiServerFlags: ['--no-such-flag'] }), /unknown flag: --no-such-flag/);
});

test('flags for files that are read at the start have their effect', async () => {
  for (const flag of ['--tracing-config-file', '--egress-selector-config-file'])
    await assert.rejects(startControlPlane({ apiServerFlags: [`${flag}=/nope`] }), /\/nope/, flag);
});

test('a wrong option is refused by its name', async () => {
  await assert.rejects(
    startControlPlane({ nodes: -1, nodeAmounts: { cpus: '4' } }),
    /^Error: Cannot start a control plane: option "nodes" must be .*, got -1; option "nodeAmounts" names "cpus"/,
  );
  await assert.rejects(
    startControlPlane({ storage: { file: import.meta.filename } }),
    /Cannot open the file ".*\.ts" of the option "storage"/,
  );
});

test('forty run side by side, each with its own objects', async () => {
  const planes = await Promise.all(Array.from({ length: 40 }, () => startControlPlane()));
  try {
    assert.equal(new Set(planes.map(({ url }) => url)).size, 40);
    await Promise.all(
      planes.map(({ client }, index) =>
        client.resource(configmaps).create({ metadata: { namespace: 'default', name: `map-${index}` } }),
      ),
    );
    for (const [index, { client }] of planes.entries()) {
      const { items } = await client.resource(configmaps).list({ namespace: 'default' });
      const names = items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt');
      assert.deepEqual(names, [`map-${index}`]);
    }
  } finally {
    await Promise.all(planes.map((plane) => plane.stop()));
  }
});
