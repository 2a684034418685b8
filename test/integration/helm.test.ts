import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deployments } from '@typernetes/api/apps/v1';
import { jobs } from '@typernetes/api/batch/v1';
import { configmaps } from '@typernetes/api/core/v1';
import { isNotFound } from '@typernetes/machinery';
import { startControlPlane } from 'typernetes';
import { startCommand, stdoutOf } from '../command.ts';
import { realHelm } from '../upstream-tools.ts';

const chart = join(import.meta.dirname, 'chart');

test('Helm installs, upgrades, rolls back and uninstalls a chart with hooks', async () => {
  await using plane = await startControlPlane({ nodes: 1 });
  const home = mkdtempSync(join(tmpdir(), 'helm-'));
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: plane.kubeconfigFile };
  const helm = async (...args: string[]): Promise<string> =>
    stdoutOf(`helm ${args.join(' ')}`, await startCommand([realHelm(), ...args], { env }).outcome);
  const { client } = plane;
  const ref = (name: string) => ({ namespace: 'default', name });
  const greeting = async () => (await client.resource(configmaps).get(ref('web-config'))).data?.greeting;
  const statusOf = async (name: string) => (await client.resource(jobs).get(ref(name))).status;
  try {
    await helm('install', 'web', chart, '--wait', '--timeout=2m');
    assert.equal(await greeting(), 'hello');
    assert.equal((await statusOf('web-pre-install'))?.succeeded, 1);
    assert.equal((await client.resource(deployments).get(ref('web'))).status?.readyReplicas, 1);

    await helm('upgrade', 'web', chart, '--set=greeting=hi,replicas=2', '--wait', '--timeout=2m');
    assert.equal(await greeting(), 'hi');
    assert.equal((await statusOf('web-post-upgrade'))?.succeeded, 1);
    assert.equal((await client.resource(deployments).get(ref('web'))).status?.readyReplicas, 2);

    await helm('rollback', 'web', '1', '--wait', '--timeout=2m');
    assert.equal(await greeting(), 'hello');
    const history = JSON.parse(await helm('history', 'web', '-o=json')) as { status: string }[];
    assert.deepEqual(
      history.map(({ status }) => status),
      ['superseded', 'superseded', 'deployed'],
    );

    await helm('uninstall', 'web', '--wait', '--timeout=2m');
    await assert.rejects(client.resource(deployments).get(ref('web')), isNotFound);
    assert.equal((await helm('list', '--short')).trim(), '');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
