import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf } from '@typernetes/api/protobuf';
import { readBody, type Transport } from '@typernetes/client';
import { eventually, withRestartableApi } from './api.ts';

/** Numbers that JavaScript would round, or would read differently from Go. */

const textsOf =
  (transport: Transport) =>
  async (target: string, body?: string, headers: Readonly<Record<string, string>> = {}) => {
    const [method = '', path = ''] = target.split(' ');
    const response = await transport.request({
      method,
      path,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { code: response.status, bytes: await readBody(response) };
  };

const definition = {
  metadata: { name: 'counts.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'counts', kind: 'Count' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        additionalPrinterColumns: [{ name: 'Number', type: 'integer', jsonPath: '.number' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              number: {
                type: 'integer',
                format: 'int64',
                'x-kubernetes-validations': [{ rule: 'self != 9007199254740995' }],
              },
              share: { type: 'number' },
              size: { 'x-kubernetes-int-or-string': true },
            },
          },
        },
      },
    ],
  },
};

test('64-bit integers keep their digits, whatever is done with their objects', async () => {
  await withRestartableApi(async ({ transport, down, up }) => {
    const send = textsOf(transport);
    const said = async (...request: Parameters<typeof send>): Promise<string> =>
      Buffer.from((await send(...request)).bytes).toString();
    await send('POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions', JSON.stringify(definition));
    const counts = '/apis/example.com/v1/namespaces/default/counts';
    await eventually(async () => ((await send(`GET ${counts}`)).code === 200 ? true : undefined));
    const count = (rest: string) => `{"apiVersion":"example.com/v1","kind":"Count","metadata":{"name":"a"},${rest}}`;

    const exact = '"number":9007199254740993,"share":1,"size":-9223372036854775808';
    assert.match(await said(`POST ${counts}`, count(exact.replace('1,', '1.0,'))), new RegExp(exact));
    await down();
    await up();
    await eventually(async () => ((await send(`GET ${counts}/a`)).code === 200 ? true : undefined));
    const merge = { 'content-type': 'application/merge-patch+json' };
    assert.match(await said(`PATCH ${counts}/a`, '{"metadata":{"labels":{"a":"b"}}}', merge), new RegExp(exact));
    assert.match(await said(`PATCH ${counts}/a`, '{"number":9007199254740997}', merge), /"number":9007199254740997/);
    const operations = { 'content-type': 'application/json-patch+json' };
    const tested = (number: string) =>
      send(`PATCH ${counts}/a`, `[{"op":"test","path":"/number","value":${number}}]`, operations);
    assert.equal((await tested('9007199254740996')).code, 422);
    assert.equal((await tested('9007199254740997')).code, 200);
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    const yaml = 'apiVersion: example.com/v1\nkind: Count\nmetadata: {name: b}\nnumber: 9223372036854775807\n';
    assert.match(await said(`PATCH ${counts}/b?fieldManager=me`, yaml, apply), /"number":9223372036854775807/);
    assert.match(await said(`GET ${counts}`), /"number":9007199254740997,.*"number":9223372036854775807/);
    assert.match(
      await said(`GET ${counts}`, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
      /"cells":\["b",9223372036854775807\]/,
    );
    const { metadata } = JSON.parse(await said(`GET ${counts}/b`)) as { metadata: object };
    const again = `{"metadata":${JSON.stringify(metadata)},"number":9007199254740995}`;
    assert.match(await said(`PUT ${counts}/b`, again), /failed rule/);
    assert.match(
      await said(`POST ${counts}`, count('"number":9223372036854775808')),
      /must be of type integer: \\"number\\"/,
    );
  });
});

test('built-in kinds accept the same integers as upstream', async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = textsOf(transport);
    const said = async (...request: Parameters<typeof send>): Promise<string> =>
      Buffer.from((await send(...request)).bytes).toString();
    const pods = '/api/v1/namespaces/default/pods';
    await send('POST /api/v1/namespaces/default/serviceaccounts', '{"metadata":{"name":"default"}}');
    const pod = (grace: string, rest = '') =>
      `{"metadata":{"name":"a"},"spec":{"terminationGracePeriodSeconds":${grace},${rest}"containers":[{"name":"c","image":"i"}]}}`;
    const tooLarge = await send(`POST ${pods}`, pod('9223372036854775808'));
    assert.equal(tooLarge.code, 400);
    assert.match(Buffer.from(tooLarge.bytes).toString(), /PodSpec.spec.terminationGracePeriodSeconds of type int64/);
    const most = await said(`POST ${pods}`, pod('9223372036854775807', '"nodeName":"n",'));
    assert.match(most, /"terminationGracePeriodSeconds":9223372036854775807/);
    const { bytes } = await send(`GET ${pods}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf' });
    const { spec } = decodeProtobuf(bytes) as { spec?: { terminationGracePeriodSeconds?: unknown } };
    assert.equal(spec?.terminationGracePeriodSeconds, 9223372036854775807n);
    // This many seconds overflow upstream's nanoseconds, and wrap around.
    assert.match(await said(`DELETE ${pods}/a`), /"deletionGracePeriodSeconds":9223372036854775807/);

    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const deployment = (replicas: string) =>
      `{"metadata":{"name":"a"},"spec":{"replicas":${replicas},"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}`;
    const refused = (number: string) =>
      `json: cannot unmarshal number ${number} into Go struct field DeploymentSpec.spec.replicas of type int32`;
    for (const number of ['1.0', '1e0'])
      assert.ok((await said(`POST ${deployments}`, deployment(number))).includes(refused(number)));
    assert.equal((await send(`POST ${deployments}`, deployment('1'))).code, 201);
    const patched = (type: string) =>
      said(`PATCH ${deployments}/a`, '{"spec":{"replicas":2.0}}', { 'content-type': `application/${type}+json` });
    assert.ok((await patched('merge-patch')).includes(refused('2.0')));
    assert.match(await patched('strategic-merge-patch'), /"replicas":2,/);
    const operations = { 'content-type': 'application/json-patch+json' };
    const stepped = (number: string, op = 'replace') =>
      said(`PATCH ${deployments}/a`, `[{"op":"${op}","path":"/spec/replicas","value":${number}}]`, operations);
    assert.ok((await stepped('2.0')).includes(refused('2.0')));
    assert.match(await stepped('2.0'), /replicas[\\"]+:2\.0,/);
    assert.match(await stepped('2'), /"replicas":2,/);
    assert.match(await stepped('2.0', 'test'), /the server rejected our request due to an error in our request/);
    assert.match(await stepped('2', 'test'), /"kind":"Deployment"/);
    for (const [patch, type] of [
      ['[{"op":"add","path":"/spec/hard","value":{"pods":1e3,"requests.cpu":1.50}}]', 'json-patch'],
      ['{"spec":{"hard":{"pods":1e3,"requests.cpu":1.50}}}', 'merge-patch'],
    ] as const) {
      const quotas = '/api/v1/namespaces/default/resourcequotas';
      await send(`POST ${quotas}`, `{"metadata":{"name":"${type}"}}`);
      const limited = await said(`PATCH ${quotas}/${type}`, patch, { 'content-type': `application/${type}+json` });
      assert.match(limited, /"hard":\{"pods":"1e3","requests.cpu":"1500m"\}/);
    }
    const yaml = { 'content-type': 'application/yaml' };
    assert.match(await said(`PUT ${deployments}/a`, deployment('3.0'), yaml), /"replicas":3,/);
  });
});
