import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceaccounts } from '@typernetes/api/core/v1';
import { type ApiResponse, readBody } from '@typernetes/client';
import { withRestartableApi } from './api.ts';

test('accepted but questionable objects give warnings, and AppArmor annotations of old pods become the field', async () => {
  await withRestartableApi(async ({ client, transport }) => {
    await client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace: 'default' } });
    const answered = async (response: ApiResponse): Promise<{ warnings: string; body: Record<string, unknown> }> => ({
      warnings: response.headers.warning ?? '',
      body: JSON.parse(Buffer.from(await readBody(response)).toString()) as Record<string, unknown>,
    });
    const send = async (method: string, path: string, body: object): ReturnType<typeof answered> => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      return answered(
        await transport.request({ method, path, headers: { 'content-type': type }, body: JSON.stringify(body) }),
      );
    };
    const key = 'container.apparmor.security.beta.kubernetes.io/hello';
    const pod = await send('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: 'hello-apparmor', annotations: { [key]: 'localhost/deny-write' } },
      spec: {
        containers: [
          { name: 'hello', image: 'busybox', ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 80 }] },
        ],
      },
    });
    const deprecated = `metadata.annotations[${key}]: deprecated since v1.30; use the \\"appArmorProfile\\" field instead`;
    const overlap = 'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]';
    assert.deepEqual(pod.warnings.split(/, (?=299)/), [`299 - "${deprecated}"`, `299 - "${overlap}"`]);
    const { containers } = pod.body.spec as { containers: { securityContext?: object }[] };
    assert.deepEqual(containers[0]?.securityContext, {
      appArmorProfile: { type: 'Localhost', localhostProfile: 'deny-write' },
    });

    const path = '/api/v1/namespaces/default/services';
    const service = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }], externalName: 'a.b' } };
    const ignored = '299 - "spec.externalName is ignored when spec.type is not \\"ExternalName\\""';
    assert.equal((await send('POST', path, service)).warnings, ignored);
    assert.equal((await send('PATCH', `${path}/web`, { metadata: { labels: { a: 'b' } } })).warnings, ignored);
    assert.equal((await send('PATCH', `${path}/web`, { spec: { externalName: null } })).warnings, '');
  });
});
