import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody, type Transport } from '@typernetes/client';
import { withRestartableApi } from './api.ts';

/** What random work given to a kube-apiserver of upstream and to ours (tools/compare) was answered differently, and is no longer. */

interface Answer {
  readonly code: number;
  /** What of answers is looked at here. */
  readonly body: {
    readonly kind: string;
    readonly message: string;
    readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
    readonly secrets: readonly object[];
    readonly status: { readonly conditions: readonly { type: string; status: string; reason: string }[] };
    readonly details: { readonly kind: string };
  };
}

const senderOf =
  (transport: Transport) =>
  async (target: string, body?: object, type = 'application/json'): Promise<Answer> => {
    const [method = '', path = ''] = target.split(' ');
    const response = await transport.request({
      method,
      path,
      headers: body === undefined ? {} : { 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = Buffer.from(await readBody(response)).toString();
    return { code: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };

const containers = [{ name: 'c', image: 'i' }];
const jobs = '/apis/batch/v1/namespaces/default/jobs';
const job = (name: string, labels?: object, own?: object) => ({
  metadata: { name, ...(own ? { labels: own } : {}) },
  spec: {
    template: { ...(labels ? { metadata: { labels } } : {}), spec: { restartPolicy: 'Never', containers } },
  },
});

test('what is made of objects is what the original makes of them', async (t) => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);

    await t.test('a job without labels of its own has all those of its pods', async () => {
      const generated = [
        'batch.kubernetes.io/controller-uid',
        'batch.kubernetes.io/job-name',
        'controller-uid',
        'job-name',
      ];
      const labelsOf = async (body: object): Promise<string[]> =>
        Object.keys((await send(`POST ${jobs}`, body)).body.metadata.labels ?? {}).sort();
      assert.deepEqual(await labelsOf(job('plain')), generated);
      assert.deepEqual(await labelsOf(job('labelled', { x: 'y' })), [...generated, 'x']);
      assert.deepEqual(await labelsOf(job('own', { x: 'y' }, { x: 'y' })), ['x']);
    });

    await t.test('an account keeps of Secrets their names', async () => {
      const accounts = '/api/v1/namespaces/default/serviceaccounts';
      const body = { metadata: { name: 'a' }, secrets: [{ name: 's', kind: 'Secret', uid: 'x' }, { name: 't' }] };
      assert.deepEqual((await send(`POST ${accounts}`, body)).body.secrets, [{ name: 's' }, { name: 't' }]);
      const replaced = { metadata: { name: 'a' }, secrets: [{ name: 's', namespace: 'n' }] };
      assert.deepEqual((await send(`PUT ${accounts}/a`, replaced)).body.secrets, [{ name: 's' }]);
    });

    await t.test('an API service of the server itself is available from the start', async () => {
      const services = '/apis/apiregistration.k8s.io/v1/apiservices';
      const local = { group: 'a.example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 };
      const body = { metadata: { name: 'v1.a.example.com' }, spec: local };
      const { conditions } = (await send(`POST ${services}`, body)).body.status;
      const told = conditions.map(({ type, status, reason }) => [type, status, reason]);
      assert.deepEqual(told, [['Available', 'True', 'Local']]);
      const named = { metadata: { name: 'v2.a.example.com' }, spec: { ...local, version: 'v2', caBundle: 'YWI=' } };
      const refused = await send(`POST ${services}`, named);
      assert.match(refused.body.message, /spec\.caBundle: Invalid value: "2 bytes": local APIServices may not have/);
    });

    await t.test('what is gone is shown by resources whose document says so', async () => {
      const classes = '/apis/storage.k8s.io/v1/storageclasses';
      await send(`POST ${classes}`, { metadata: { name: 'fast' }, provisioner: 'example.com/x' });
      assert.equal((await send(`DELETE ${classes}/fast`)).body.kind, 'StorageClass');
    });

    await t.test('refusals name what the original names', async () => {
      const hooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
      await send(`POST ${hooks}`, { metadata: { name: 'h' } });
      const unconditional = await send(`PUT ${hooks}/h`, { metadata: { name: 'h' } });
      assert.equal(unconditional.body.details.kind, 'validatingwebhookconfigurations');
      const event = await send('POST /apis/events.k8s.io/v1/namespaces/default/events', { metadata: { name: 'e' } });
      assert.match(event.body.message, /^Event "e" is invalid: /);
    });

    await t.test('parts of objects have no paths below them', async () => {
      for (const path of [`${jobs}/plain/status/more`, `${jobs}/plain/nothing`])
        for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
          assert.equal(
            (await send(`${method} ${path}`, method === 'PUT' ? {} : undefined)).code,
            404,
            `${method} ${path}`,
          );
    });

    await t.test('a timeout that is none harms nobody', async () => {
      const configs = '/api/v1/namespaces/default/configmaps';
      const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'none' } };
      const refused = await send(`PATCH ${configs}/none?timeout=x`, applied, 'application/apply-patch+yaml');
      assert.equal(refused.body.message, 'invalid timeout specified in the request URL');
      assert.equal((await send(`POST ${configs}?timeout=x`, { metadata: { name: 'none' } })).code, 400);
      assert.equal((await send(`GET ${configs}/none`)).code, 404);
    });
  });
});
