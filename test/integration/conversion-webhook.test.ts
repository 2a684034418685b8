import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CustomResourceDefinition, customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { messageOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { type ApiObject, findCondition, type ResourceType } from '@typernetes/machinery';
import { createAuthority } from '@typernetes/pki';
import { eventually, withApi } from './api.ts';
import { type TlsHook, withTlsHook } from './tls-hook.ts';

interface Port extends ApiObject {
  readonly spec: { readonly address?: string; readonly host?: string; readonly number?: number };
}

const type = (version: string): ResourceType<Port> => ({
  group: 'net.example',
  version,
  plural: 'ports',
  singular: 'port',
  kind: 'Port',
  listKind: 'PortList',
  namespaced: true,
});
const [v1, v2] = [type('v1'), type('v2')];

/** v1 says `host:number`, v2 says each by itself. */
function convert(review: unknown): unknown {
  const { request, apiVersion } = review as {
    apiVersion: string;
    request: { uid: string; desiredAPIVersion: string; objects: Port[] };
  };
  const convertedObjects = request.objects.map(({ spec, ...object }) => {
    const [host = '', number = ''] = (spec.address ?? `${spec.host}:${spec.number}`).split(':');
    const isSplit = request.desiredAPIVersion.endsWith('/v2');
    return {
      ...object,
      apiVersion: request.desiredAPIVersion,
      spec: isSplit ? { host, number: Number(number) } : { address: `${host}:${number}` },
    };
  });
  const response = { uid: request.uid, result: { status: 'Success' }, convertedObjects };
  return { apiVersion, kind: 'ConversionReview', response };
}

async function define(client: ApiClient, { url, caBundle }: Pick<TlsHook, 'url' | 'caBundle'>): Promise<void> {
  const version = (name: string, storage: boolean, properties: object) => ({
    name,
    storage,
    served: true,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
  });
  const definitions = client.resource<CustomResourceDefinition>(customresourcedefinitions);
  await definitions.create({
    metadata: { name: 'ports.net.example' },
    spec: {
      group: 'net.example',
      scope: 'Namespaced',
      names: { plural: 'ports', singular: 'port', kind: 'Port', listKind: 'PortList' },
      versions: [
        version('v1', true, { address: { type: 'string' } }),
        version('v2', false, { host: { type: 'string' }, number: { type: 'integer' } }),
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url, caBundle }, conversionReviewVersions: ['v1'] },
      },
    },
  } as never);
  await eventually(async () => {
    const { status } = await definitions.get({ name: 'ports.net.example' });
    return findCondition(status?.conditions, 'Established')?.status === 'True' || undefined;
  });
}

test('objects are written in one version and read, listed, watched and patched in another, by a hook behind TLS', () =>
  withTlsHook(convert, (hook) =>
    withApi(async (client) => {
      await define(client, hook);
      const [olds, news] = [client.resource(v1), client.resource(v2)];
      const ref = { namespace: 'default', name: 'web' };
      await eventually(() => olds.create({ metadata: ref, spec: { address: 'a:80' } }));
      const read = await news.get(ref);
      assert.deepEqual([read.apiVersion, read.spec], ['net.example/v2', { host: 'a', number: 80 }]);
      const { items, metadata } = await news.list({ namespace: 'default' });
      assert.deepEqual(
        items.map(({ spec }) => spec),
        [{ host: 'a', number: 80 }],
      );
      await news.patch(ref, { spec: { number: 8080 } }, { type: 'merge' });
      assert.deepEqual((await olds.get(ref)).spec, { address: 'a:8080' });
      await news.update({ ...(await news.get(ref)), spec: { host: 'b', number: 1 } });
      const seen: unknown[] = [];
      for await (const { type: what, object } of news.watch({
        namespace: 'default',
        resourceVersion: metadata.resourceVersion ?? '',
      })) {
        seen.push([what, object.spec]);
        if (seen.length === 2) break;
      }
      assert.deepEqual(seen, [
        ['MODIFIED', { host: 'a', number: 8080 }],
        ['MODIFIED', { host: 'b', number: 1 }],
      ]);
    }),
  ));

test('a hook that is not who it should be converts nothing', () =>
  withTlsHook(convert, ({ url }) =>
    withApi(async (client) => {
      const validity = { notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 3_600_000 };
      const stranger = await createAuthority({ commonName: 'stranger', ...validity });
      await define(client, { url, caBundle: Buffer.from(stranger.certificate).toString('base64') });
      const ref = { namespace: 'default', name: 'web' };
      const olds = client.resource(v1);
      await eventually(() => olds.create({ metadata: ref, spec: { address: 'a:80' } }));
      await assert.rejects(client.resource(v2).get(ref), (error: Error) => {
        assert.match(messageOf(error), /^conversion webhook for net\.example\/v1, Kind=Port failed: .*certificate/);
        return true;
      });
      assert.deepEqual((await olds.get(ref)).spec, { address: 'a:80' }, 'what needs no conversion goes on');
    }),
  ));
