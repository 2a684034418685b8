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

/** v1 has `host:number`, v2 has two fields. */
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

test('objects are written in one version and read, listed, watched and patched in another, through a webhook over TLS', () =>
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

test('fields are owned in the version in which they were written, even if others have different names', () =>
  withTlsHook(convert, (hook) =>
    withApi(async (client) => {
      await define(client, hook);
      const [olds, news] = [client.resource(v1), client.resource(v2)];
      const ref = { namespace: 'default', name: 'web' };
      const config = (version: string, spec: object) => ({
        apiVersion: `net.example/${version}`,
        kind: 'Port',
        metadata: ref,
        spec,
      });
      const apply = { type: 'apply', fieldManager: 'first' } as const;
      await eventually(() => olds.patch(ref, config('v1', { address: 'a:80' }), apply));
      const second = { type: 'apply', fieldManager: 'second' } as const;
      await assert.rejects(news.patch(ref, config('v2', { host: 'a', number: 81 }), second), (error: Error) => {
        assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "first": .spec.address');
        return true;
      });
      await news.patch(ref, config('v2', { host: 'a', number: 80 }), second);
      const owned = async () =>
        (await olds.get(ref)).metadata.managedFields?.map(({ manager, apiVersion, fieldsV1 }) => [
          manager,
          apiVersion,
          ...Object.keys((fieldsV1 as Record<string, object>)['f:spec'] ?? {}),
        ]);
      const [one, two] = [
        ['first', 'net.example/v1', 'f:address'],
        ['second', 'net.example/v2', 'f:host', 'f:number'],
      ];
      assert.deepEqual(await owned(), [one, two]);
      // A field that one manager gives up stays, because the other owns it under other names.
      await olds.patch(ref, config('v1', {}), apply);
      assert.deepEqual(
        [await owned(), (await olds.get(ref)).spec],
        [[['first', 'net.example/v1'], two], { address: 'a:80' }],
      );

      await news.patch(ref, config('v2', { host: 'b' }), { ...second, force: true });
      assert.deepEqual((await news.get(ref)).spec.host, 'b');
      await olds.patch(ref, { spec: { address: 'c:90' } }, { type: 'merge', fieldManager: 'third' });
      const owner = ['third', 'net.example/v1', 'f:address'];
      assert.deepEqual(await owned(), [['first', 'net.example/v1'], owner]);
    }),
  ));

test('owners of fields in a version that no longer exists block applies, but not updates', () =>
  withTlsHook(convert, (hook) =>
    withApi(async (client) => {
      await define(client, hook);
      const news = client.resource(v2);
      const ref = { namespace: 'default', name: 'web' };
      await eventually(() => news.create({ metadata: ref, spec: { host: 'a', number: 80 } }));
      const olds = client.resource(v1);
      const owners = async () => (await olds.get(ref)).metadata.managedFields?.map(({ apiVersion }) => apiVersion);
      const config = { apiVersion: 'net.example/v1', kind: 'Port', metadata: ref, spec: { address: 'a:80' } };
      const apply = { type: 'apply', fieldManager: 'first', force: true } as const;

      const definitions = client.resource<CustomResourceDefinition>(customresourcedefinitions);
      const definition = await definitions.get({ name: 'ports.net.example' });
      const versions = definition.spec.versions.filter(({ name }) => name === 'v1');
      await definitions.update({ ...definition, spec: { ...definition.spec, versions } });
      await eventually(async () => (await news.list().catch(() => undefined)) === undefined || undefined);
      await assert.rejects(olds.patch(ref, config, apply), (error: Error) => {
        assert.equal(messageOf(error), 'request to convert CR to an invalid group/version: net.example/v2');
        return true;
      });
      const patched = await olds.patch(ref, { spec: { address: 'b:80' } }, { type: 'merge' });
      assert.deepEqual([patched.spec.address, await owners()], ['b:80', ['net.example/v2']]);
      // The workaround that upstream's message suggests.
      await olds.patch(ref, [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }], { type: 'json' });
      await olds.patch(ref, config, apply);
      assert.deepEqual(await owners(), ['net.example/v1', 'net.example/v1']);
    }),
  ));

/** Invalid responses of a webhook, and the resulting messages. */
const noReviews: readonly (readonly [answer: unknown, says: string])[] = [
  [undefined, '0-length response with status code: 200 and content type: application/json'],
  [[], "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct {"],
  ['html', "couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct {"],
];

test('an invalid response converts nothing; a single object is converted alone', () => {
  const asked: number[] = [];
  let answer: unknown = convert;
  const hook = (review: unknown): unknown => {
    asked.push((review as { request: { objects: unknown[] } }).request.objects.length);
    return typeof answer === 'function' ? answer(review) : answer;
  };
  return withTlsHook(hook, (at) =>
    withApi(async (client) => {
      await define(client, at);
      const [olds, news] = [client.resource(v1), client.resource(v2)];
      for (const name of ['web', 'db', 'mail'])
        await eventually(() => olds.create({ metadata: { namespace: 'default', name }, spec: { address: 'a:80' } }));
      const named = { namespace: 'default', fieldSelector: 'metadata.name=web' };
      for (const [wrong, says] of noReviews) {
        answer = wrong;
        await assert.rejects(news.list(named), (error: Error) => {
          assert.ok(messageOf(error).startsWith(`conversion webhook for net.example/v1, Kind=Port failed: ${says}`));
          return true;
        });
      }
      answer = convert;
      assert.deepEqual(
        (await news.list(named)).items.map(({ metadata }) => metadata.name),
        ['web'],
      );
      assert.deepEqual(asked, [1, 1, 1, 1]);
      assert.equal((await news.list({ fieldSelector: 'metadata.name=db' })).items.length, 1);
      assert.deepEqual(asked.at(-1), 1, 'in any namespace');
      assert.equal((await news.list({ namespace: 'default' })).items.length, 3);
    }),
  );
});

test('only the requested page is converted', () => {
  let converted = 0;
  const hook = (review: unknown): unknown => {
    converted += (review as { request: { objects: unknown[] } }).request.objects.length;
    return convert(review);
  };
  return withTlsHook(hook, (at) =>
    withApi(async (client) => {
      await define(client, at);
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
        await eventually(() =>
          client.resource(v1).create({ metadata: { namespace: 'default', name }, spec: { address: `${name}:80` } }),
        );
      const found: unknown[] = [];
      let token: string | undefined;
      const counts: number[] = [];
      do {
        const page = await client.resource(v2).list({ namespace: 'default', limit: 2, continue: token });
        found.push(...page.items.map(({ spec }) => spec.host));
        token = page.metadata.continue;
        counts.push(converted);
      } while (token);
      assert.deepEqual(found, ['a', 'b', 'c', 'd', 'e', 'f']);
      assert.deepEqual(counts, [3, 5, 6], 'each with the one behind it');
    }),
  );
});

test('a webhook with the wrong certificate converts nothing', () =>
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
