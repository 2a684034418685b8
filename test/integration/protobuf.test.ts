import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf, decodeWatchEvent, encodeBody, encodeProtobuf, envelopeOf } from '@typernetes/api/protobuf';
import { type ApiResponse, readBody, type Transport } from '@typernetes/client';
import { withRestartableApi } from './api.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: Uint8Array;
}

const asks =
  (transport: Transport) =>
  async (method: string, path: string, options: { accept?: string; body?: object } = {}): Promise<Answer> => {
    const response = await transport.request({
      method,
      path,
      headers: { accept: options.accept ?? protobuf, 'content-type': protobuf },
      ...(options.body ? { body: encodeProtobuf(options.body as { apiVersion: string; kind: string }) } : {}),
    });
    return {
      status: response.status,
      type: response.headers['content-type'],
      body: await readBody(response),
    };
  };

type Loose = Record<string, unknown> & { metadata: Record<string, unknown> };

const read = (answer: Answer): Loose => {
  assert.equal(answer.type, protobuf);
  return decodeProtobuf(answer.body) as Loose;
};

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels: { app: 'web' } },
  data,
});

/** The frames of a watch as they arrive. */
async function* framesOf(response: ApiResponse): AsyncGenerator<{ type: string; object: unknown }> {
  let pending = Buffer.alloc(0);
  for await (const chunk of response.body) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE()) {
      const end = 4 + pending.readUInt32BE();
      yield decodeWatchEvent(pending.subarray(4, end));
      pending = pending.subarray(end);
    }
  }
}

const maps = '/api/v1/namespaces/default/configmaps';

test('an object is created, read, changed and deleted in protobuf', async () => {
  await withRestartableApi(async ({ transport }) => {
    const ask = asks(transport);
    const created = await ask('POST', maps, { body: configMap('a', { k: '1' }) });
    assert.equal(created.status, 201);
    const object = read(created);
    assert.deepEqual(object.data, { k: '1' });
    assert.match(String(object.metadata.uid), /^[0-9a-f-]{36}$/);

    // The JSON form of the object is equal.
    const json = JSON.parse(
      Buffer.from((await ask('GET', `${maps}/a`, { accept: 'application/json' })).body).toString(),
    );
    assert.deepEqual(read(await ask('GET', `${maps}/a`)), json);

    const changed = await ask('PUT', `${maps}/a`, { body: { ...object, data: { k: '2' } } as Loose });
    assert.equal(changed.status, 200);
    await ask('POST', maps, { body: configMap('b', {}) });
    const list = read(await ask('GET', `${maps}?labelSelector=app%3Dweb&limit=1`));
    assert.equal(list.kind, 'ConfigMapList');
    assert.deepEqual((list.items as Loose[])[0]?.data, { k: '2' });
    assert.ok(list.metadata.continue);

    const partial = `${protobuf};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
    const metadataOnly = read(await ask('GET', maps, { accept: partial }));
    assert.equal(metadataOnly.kind, 'PartialObjectMetadataList');
    assert.equal((metadataOnly.items as Loose[]).at(-1)?.metadata.name, 'b');

    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'another' } };
    const refused = await ask('DELETE', `${maps}/a`, { body: options });
    assert.equal(refused.status, 409);
    assert.equal(read(refused).reason, 'Conflict');
    assert.equal(read(await ask('DELETE', `${maps}/a`)).status, 'Success');
    const gone = await ask('GET', `${maps}/a`);
    assert.deepEqual([gone.status, read(gone).message], [404, 'configmaps "a" not found']);
  });
});

test('a watch in protobuf consists of frames, including bookmarks and errors', async () => {
  await withRestartableApi(async ({ transport }) => {
    const ask = asks(transport);
    await ask('POST', maps, { body: configMap('a', { k: '1' }) });
    const response = await transport.request({
      method: 'GET',
      path: `${maps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=app`,
      headers: { accept: `${protobuf};stream=watch` },
    });
    assert.equal(response.headers['content-type'], `${protobuf};stream=watch`);
    const events = framesOf(response);
    const first = (await events.next()).value as { type: string; object: Loose };
    assert.deepEqual([first.type, first.object.kind, first.object.data], ['ADDED', 'ConfigMap', { k: '1' }]);
    const bookmark = (await events.next()).value as { type: string; object: Loose };
    assert.equal(bookmark.type, 'BOOKMARK');
    assert.equal((bookmark.object.metadata.annotations as Loose)['k8s.io/initial-events-end'], 'true');
    await ask('DELETE', `${maps}/a`);
    const last = (await events.next()).value as { type: string; object: Loose };
    assert.deepEqual([last.type, last.object.metadata.name], ['DELETED', 'a']);
    await events.return(undefined);
  });
});

test("kinds without a message are sent in the client's next media type, or rejected", async () => {
  await withRestartableApi(async ({ transport }) => {
    const ask = asks(transport);
    const table = 'as=Table;v=v1;g=meta.k8s.io';
    const fallback = await ask('GET', maps, { accept: `${protobuf};${table}, application/json;${table}` });
    assert.equal(JSON.parse(Buffer.from(fallback.body).toString()).kind, 'Table');
    assert.equal((await ask('GET', maps, { accept: `${protobuf};${table}` })).status, 406);
    assert.equal((await ask('GET', `${maps}?watch=true`, { accept: 'application/yaml' })).status, 406);
    const preferred = await ask('GET', maps, { accept: `${protobuf};q=0.5, application/json` });
    assert.equal(preferred.type, 'application/json');
  });
});

test('discovery in protobuf equals discovery in JSON', async () => {
  await withRestartableApi(async ({ transport }) => {
    const ask = asks(transport);
    for (const path of ['/api', '/apis', '/apis/apps', '/api/v1', '/apis/apps/v1']) {
      const answer = await ask('GET', path);
      assert.deepEqual([path, answer.status, answer.type], [path, 200, protobuf]);
      const json = await ask('GET', path, { accept: 'application/json' });
      const { apiVersion = '', kind, ...fields } = JSON.parse(Buffer.from(json.body).toString());
      const expected = envelopeOf({ apiVersion, kind }, encodeBody({ apiVersion: 'v1', kind }, fields));
      assert.deepEqual(answer.body, expected);
    }
    // Documents of the core group have no version, in either form.
    const { body } = await ask('GET', '/api');
    assert.ok(Buffer.from(body).toString('latin1').startsWith('k8s\0\x0a\x0f\x0a\0\x12\x0bAPIVersions\x12'));
  });
});
