import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CustomResourceDefinition, customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, linesOf, restClient } from '@typernetes/client';
import { type ApiObject, isConditionTrue, isInvalid, isNotFound, type ResourceType } from '@typernetes/machinery';
import { MemoryStore } from '@typernetes/store';
import { type ApiServer, loopbackUser } from '../server/api-server.ts';
import { plainServer } from '../testing/plain-server.ts';

interface CronTab extends ApiObject {
  spec: { cronSpec?: string; replicas?: number; image?: string; tags?: string[]; extra?: unknown };
  status?: { replicas?: number; labelSelector?: string };
}

const crontabs: ResourceType<CronTab> = {
  group: 'stable.example.com',
  version: 'v1',
  plural: 'crontabs',
  singular: 'crontab',
  kind: 'CronTab',
  listKind: 'CronTabList',
  namespaced: true,
};

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['cronSpec'],
      properties: {
        cronSpec: { type: 'string', pattern: '^(\\S+\\s){4}\\S+$' },
        replicas: { type: 'integer', minimum: 1, maximum: 10, default: 1 },
        image: { type: 'string' },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
      },
      'x-kubernetes-validations': [
        { rule: 'self.replicas < 5 || has(self.image)', message: 'many replicas need an image' },
        {
          rule: '!has(oldSelf.image) || self.image == oldSelf.image',
          message: 'image is immutable',
          fieldPath: '.image',
        },
      ],
    },
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, labelSelector: { type: 'string' } },
    },
  },
};

const definition = (changes: Record<string, unknown> = {}): CustomResourceDefinition =>
  ({
    metadata: { name: 'crontabs.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.labelSelector',
            },
          },
          selectableFields: [{ jsonPath: '.spec.image' }],
          additionalPrinterColumns: [{ name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' }],
        },
      ],
      ...changes,
    },
  }) as unknown as CustomResourceDefinition;

async function withServer(run: (client: ApiClient, server: ApiServer) => Promise<void>): Promise<void> {
  const store = new MemoryStore();
  const server = await plainServer(store, silentLogger);
  try {
    await run(restClient(server.transport(loopbackUser)), server);
  } finally {
    await server.close();
    await store.close();
  }
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; ; i++) {
    const found = await look();
    if (found !== undefined) return found;
    if (i > 500) throw new Error('It never came');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function establish(client: ApiClient, wanted = definition()): Promise<CustomResourceDefinition> {
  const definitions = client.resource(customresourcedefinitions);
  const { metadata } = await definitions.create(wanted);
  return await eventually(async () => {
    const found = await definitions.get({ name: metadata.name });
    if (!isConditionTrue(found.status?.conditions, 'Established')) return undefined;
    const served = await client
      .resource(crontabs)
      .list({ namespace: 'default' })
      .catch(() => undefined);
    return served && found;
  });
}

const tab = (name: string, spec: CronTab['spec']): CronTab =>
  ({ metadata: { name, namespace: 'default' }, spec }) as CronTab;

test('a definition makes a resource: pruned, defaulted, validated', () =>
  withServer(async (client) => {
    const established = await establish(client);
    assert.deepEqual(established.status?.acceptedNames, {
      plural: 'crontabs',
      singular: 'crontab',
      kind: 'CronTab',
      listKind: 'CronTabList',
      shortNames: ['ct'],
    });
    const tabs = client.resource(crontabs);
    const made = await tabs.create(tab('a', { cronSpec: '* * * * *', extra: 1 }));
    assert.deepEqual(made.spec, { cronSpec: '* * * * *', replicas: 1 });
    assert.equal(made.metadata.generation, 1);
    // A dry run returns the members in the same order as a write.
    const unordered = { replicas: 2, image: 'i', cronSpec: '* * * * *' };
    const members = ({ spec }: CronTab): string[] => Object.keys(spec);
    const tried = await tabs.create(tab('tried', unordered), { dryRun: true });
    assert.deepEqual(members(tried), ['cronSpec', 'image', 'replicas']);
    assert.deepEqual(members(await tabs.update({ ...made, spec: unordered }, { dryRun: true })), members(tried));
    const message = async (spec: CronTab['spec']): Promise<string> => {
      try {
        await tabs.create(tab('b', spec));
      } catch (error) {
        assert.ok(isInvalid(error), String(error));
        return (error as Error).message;
      }
      return '';
    };
    const head = 'CronTab.stable.example.com "b" is invalid: ';
    assert.equal(
      await message({}),
      `${head}[spec.cronSpec: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]`,
    );
    assert.equal(
      await message({ cronSpec: 'x', replicas: 11 }),
      `${head}[spec.cronSpec: Invalid value: "x": spec.cronSpec in body should match '^(\\S+\\s){4}\\S+$', spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10, spec: Invalid value: many replicas need an image]`,
    );
    assert.equal(
      await message({ cronSpec: '* * * * *', replicas: 7 }),
      `${head}spec: Invalid value: many replicas need an image`,
    );
    assert.equal(
      await message({ cronSpec: '* * * * *', tags: ['a', 'a'] }),
      `${head}spec.tags[1]: Duplicate value: "a"`,
    );
    assert.equal(
      await message({ cronSpec: 1 as unknown as string }),
      `${head}[spec.cronSpec: Invalid value: "integer": spec.cronSpec in body must be of type string: "integer", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]`,
    );
  }));

test('updates: transition rules, status, generation, scale', () =>
  withServer(async (client) => {
    await establish(client);
    const tabs = client.resource(crontabs);
    const made = await tabs.create(tab('a', { cronSpec: '* * * * *', image: 'x' }));
    await assert.rejects(
      tabs.update({ ...made, spec: { ...made.spec, image: 'y' } }),
      /spec.image: Invalid value: image is immutable/,
    );
    const withStatus = await tabs.updateStatus({
      ...made,
      spec: { cronSpec: '' },
      status: { replicas: 1, labelSelector: 'app=a' },
    });
    assert.deepEqual(
      [withStatus.spec, withStatus.status, withStatus.metadata.generation],
      [made.spec, { replicas: 1, labelSelector: 'app=a' }, 1],
    );
    const changed = await tabs.update({ ...withStatus, spec: { ...made.spec, replicas: 2 }, status: {} });
    assert.deepEqual([changed.status, changed.metadata.generation], [withStatus.status, 2]);
    const selected = await tabs.list({ namespace: 'default', fieldSelector: 'spec.image=x' });
    assert.equal(selected.items.length, 1);
    assert.equal((await tabs.list({ namespace: 'default', fieldSelector: 'spec.image=y' })).items.length, 0);
  }));

test('a deleted definition takes its objects along', () =>
  withServer(async (client) => {
    await establish(client);
    const tabs = client.resource(crontabs);
    const definitions = client.resource(customresourcedefinitions);
    const held = await tabs.create({
      ...tab('a', { cronSpec: '* * * * *' }),
      metadata: { name: 'a', namespace: 'default', finalizers: ['example.com/held'] },
    });
    const watch = await client.transport.request({
      method: 'GET',
      path: '/apis/stable.example.com/v1/crontabs?watch=1',
    });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const line of linesOf(watch.body)) seen.push((JSON.parse(line) as { type: string }).type);
    })();
    await definitions.delete({ name: 'crontabs.stable.example.com' });
    const terminating = await definitions.get({ name: 'crontabs.stable.example.com' });
    assert.deepEqual(terminating.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
    const marked = await eventually(async () => {
      const found = await tabs.get({ namespace: 'default', name: 'a' });
      return found.metadata.deletionTimestamp ? found : undefined;
    });
    assert.equal(marked.metadata.uid, held.metadata.uid);
    const { finalizers: _finalizers, ...metadata } = marked.metadata;
    await tabs.update({ ...marked, metadata });
    await eventually(async () => {
      const gone = await definitions.get({ name: 'crontabs.stable.example.com' }).then(() => false, isNotFound);
      return gone || undefined;
    });
    await eventually(
      async () => (await tabs.list({ namespace: 'default' }).then(() => false, isNotFound)) || undefined,
    );
    // A watch ends with its resource, even if it is older than the latest change of the definition.
    await watching;
    assert.deepEqual(seen, ['ADDED', 'MODIFIED', 'DELETED']);
  }));

test("definitions are refused in upstream's words", () =>
  withServer(async (client) => {
    const definitions = client.resource(customresourcedefinitions);
    const refused = async (changes: Record<string, unknown>): Promise<string> => {
      try {
        await definitions.create(definition(changes));
      } catch (error) {
        return (error as Error).message.replace(/^.* is invalid: /, '');
      }
      return '';
    };
    const version = (openAPIV3Schema: unknown) => ({
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    });
    const at = 'spec.validation.openAPIV3Schema';
    assert.equal(
      await refused({ scope: 'x' }),
      'spec.scope: Unsupported value: "x": supported values: "Cluster", "Namespaced"',
    );
    assert.equal(
      await refused(version({ type: 'object', properties: { spec: {} } })),
      `${at}.properties[spec].type: Required value: must not be empty for specified object fields`,
    );
    assert.equal(
      await refused(version({ type: 'object', properties: { l: { type: 'array' } } })),
      `${at}.properties[l].items: Required value: must be specified`,
    );
    const rule = { rule: 'self.missing == 1' };
    assert.match(
      await refused(
        version({ type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-validations': [rule] } } }),
      ),
      /x-kubernetes-validations\[0\]\.rule: Invalid value: \{"Rule":"self\.missing == 1","Message":"".*\}: compilation failed: ERROR: <input>:1:5: undefined field 'missing'/,
    );
    assert.equal(
      await refused({ group: 'other.example.com' }),
      'metadata.name: Invalid value: "crontabs.stable.example.com": must be spec.names.plural+"."+spec.group',
    );
  }));

test('versions are served side by side; a changed definition takes effect at once', () =>
  withServer(async (client) => {
    const found = await establish(client);
    const tabs = client.resource(crontabs);
    await tabs.create(tab('a', { cronSpec: '* * * * *' }));
    const v2schema = structuredClone(schema) as { properties: { spec: { properties: Record<string, unknown> } } };
    v2schema.properties.spec.properties.added = { type: 'string', default: 'here' };
    const [v1] = found.spec.versions;
    const definitions = client.resource(customresourcedefinitions);
    const versions = [
      { ...v1, storage: false },
      { ...v1, name: 'v2', storage: true, schema: { openAPIV3Schema: v2schema } },
    ];
    const updated = await definitions.update({
      ...found,
      spec: { ...found.spec, versions },
    } as unknown as CustomResourceDefinition);
    assert.deepEqual(updated.status?.storedVersions, ['v1', 'v2']);
    const second = client.resource({ ...crontabs, version: 'v2' } as ResourceType<CronTab>);
    const read = await eventually(() => second.get({ namespace: 'default', name: 'a' }).catch(() => undefined));
    assert.equal(read.apiVersion, 'stable.example.com/v2');
    assert.deepEqual(read.spec, { cronSpec: '* * * * *', replicas: 1, added: 'here' });
    const first = await tabs.get({ namespace: 'default', name: 'a' });
    assert.deepEqual([first.apiVersion, first.spec], ['stable.example.com/v1', { cronSpec: '* * * * *', replicas: 1 }]);
  }));
