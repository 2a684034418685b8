import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '@typernetes/api/apps/v1';
import { pods, serviceaccounts } from '@typernetes/api/core/v1';
import { type RestartableApi, withRestartableApi } from './api.ts';

const spec = (): object => ({
  hostnameOverride: 'db.example.com',
  containers: [{ name: 'c', image: 'i', lifecycle: { stopSignal: 'SIGUSR1' } }],
  os: { name: 'linux' },
  volumes: [
    {
      name: 'v',
      projected: {
        sources: [{ clusterTrustBundle: { name: 'ca', path: 'ca.pem' } }, { serviceAccountToken: { path: 'token' } }],
      },
    },
  ],
});

/** The stored form of a pod and a Deployment with gated fields. */
async function stored(api: RestartableApi): Promise<object[]> {
  const { client } = api;
  const metadata = { name: 'x', namespace: 'default' };
  await client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace: 'default' } });
  const pod = await client.resource(pods).create({ metadata, spec: spec() } as never);
  const template = { metadata: { labels: { app: 'x' } }, spec: spec() };
  const selector = { matchLabels: { app: 'x' } };
  const { spec: deployed } = await client
    .resource(deployments)
    .create({ metadata, spec: { selector, template } } as never);
  return [pod.spec, deployed?.template.spec].map((found) => ({
    hostname: found?.hostnameOverride,
    signal: found?.containers[0]?.lifecycle?.stopSignal,
    trust: found?.volumes?.find(({ name }) => name === 'v')?.projected?.sources?.[0]?.clusterTrustBundle?.name,
  }));
}

test('fields of disabled gates are dropped, with default gates and with flags', async () => {
  await withRestartableApi(async (api) => {
    const byDefault = { hostname: 'db.example.com', signal: undefined, trust: undefined };
    assert.deepEqual(await stored(api), [byDefault, byDefault]);
  });
  const gates =
    'HostnameOverride=false,ContainerStopSignals=true,ClusterTrustBundle=true,ClusterTrustBundleProjection=true';
  await withRestartableApi(
    async (api) => {
      const asSaid = { hostname: undefined, signal: 'SIGUSR1', trust: 'ca' };
      assert.deepEqual(await stored(api), [asSaid, asSaid]);
    },
    [`--feature-gates=${gates}`],
  );
});

test('tolerations that compare numbers are rejected unless their gate is enabled', async () => {
  const toleration = { key: 'sla', operator: 'Gt', value: '900' };
  const pod = {
    metadata: { name: 'x', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }], tolerations: [toleration] },
  };
  const made = async ({ client }: RestartableApi): Promise<unknown> => {
    await client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace: 'default' } });
    return (await client.resource(pods).create(pod as never)).spec.tolerations?.[0];
  };
  await withRestartableApi(async (api) => {
    await assert.rejects(made(api), {
      message:
        'Pod "x" is invalid: spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists"',
    });
  });
  await withRestartableApi(
    async (api) => assert.deepEqual(await made(api), toleration),
    ['--feature-gates=TaintTolerationComparisonOperators=true'],
  );
});
