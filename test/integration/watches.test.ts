import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf, decodeWatchEvent } from '@typernetes/api/protobuf';
import { readBody, type Transport } from '@typernetes/client';
import { eventually, withRestartableApi } from './api.ts';

/** Parts of watches beside objects that Go clients read. */

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, read by tests alone
type Loose = any;

const maps = '/api/v1/namespaces/default/configmaps';
const initial = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
const protobuf = 'application/vnd.kubernetes.protobuf';

const create = async (transport: Transport, path: string, object: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const response = await transport.request({ method: 'POST', path, headers, body: JSON.stringify(object) });
  await readBody(response);
  assert.equal(response.status, 201);
};

/** Everything until the watch ends by itself. */
const watched = async (transport: Transport, path: string, accept: string): Promise<Buffer> =>
  Buffer.from(await readBody(await transport.request({ method: 'GET', path, headers: { accept } })));

const eventsIn = (text: Buffer): Loose[] =>
  text
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const blueprint = 'kubernetes.io/initial-events-list-blueprint';
const blueprintIn = ({ metadata }: Loose): Buffer => {
  assert.equal(metadata.annotations['k8s.io/initial-events-end'], 'true');
  return Buffer.from(metadata.annotations[blueprint], 'base64');
};
const listIn = (bookmark: Loose): Loose => JSON.parse(blueprintIn(bookmark).toString());

test("the bookmark after the initial events has an empty list for clients to put the events into, in the watch's media type", () =>
  withRestartableApi(async ({ transport }) => {
    await create(transport, maps, { metadata: { name: 'a' } });
    const definition = {
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    };
    await create(transport, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    await eventually(async () => {
      const response = await transport.request({ method: 'GET', path: '/apis/example.com/v1/widgets' });
      await readBody(response);
      return response.status === 200 || undefined;
    });
    const form = (as: string): string => `application/json;as=${as};v=v1;g=meta.k8s.io`;
    const lastOf = async (path: string, accept: string): Promise<Loose> => {
      const last = eventsIn(await watched(transport, `${path}?${initial}&timeoutSeconds=1`, accept)).find(
        ({ type }) => type === 'BOOKMARK',
      );
      return last.object;
    };
    const [plain, partial, rowed, custom, frames] = await Promise.all([
      lastOf(maps, 'application/json'),
      lastOf(maps, form('PartialObjectMetadata')),
      lastOf(maps, form('Table')),
      lastOf('/apis/example.com/v1/widgets', 'application/json'),
      watched(transport, `${maps}?${initial}&timeoutSeconds=1`, protobuf),
    ]);
    assert.deepEqual(Object.keys(plain.metadata), ['resourceVersion', 'annotations']);
    const empty = '{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":null}\n';
    assert.equal(blueprintIn(plain).toString(), empty);
    const meta = 'meta.k8s.io/v1';
    assert.deepEqual(listIn(partial), {
      kind: 'PartialObjectMetadataList',
      apiVersion: meta,
      metadata: {},
      items: null,
    });
    const { columnDefinitions, rows } = rowed;
    const table = { kind: 'Table', apiVersion: meta, metadata: {}, columnDefinitions, rows: [] };
    assert.deepEqual(listIn(rows[0].object), table);
    assert.deepEqual(listIn(custom), { kind: 'WidgetList', apiVersion: 'example.com/v1', items: [] });

    const added = 4 + frames.readUInt32BE();
    const bookmark = decodeWatchEvent(frames.subarray(added + 4, added + 4 + frames.readUInt32BE(added)));
    const { kind, apiVersion, items } = decodeProtobuf(blueprintIn(bookmark.object)) as Loose;
    assert.deepEqual([bookmark.type, kind, apiVersion, items ?? []], ['BOOKMARK', 'ConfigMapList', 'v1', []]);
  }));

test('what a watch begins with: the present where it is asked for, or where watches have always begun with it', () =>
  withRestartableApi(async ({ transport }) => {
    await create(transport, maps, { metadata: { name: 'a' } });
    const begun = async (query: string, path = maps): Promise<string> => {
      const all = `fieldSelector=metadata.name=a&timeoutSeconds=1&${query}`;
      const response = await transport.request({ method: 'GET', path: `${path}?${all}` });
      const text = Buffer.from(await readBody(response));
      if (response.status !== 200) return `${response.status} ${JSON.parse(text.toString()).message}`;
      const shown = ({ type, object }: Loose): string =>
        object.metadata.annotations?.['k8s.io/initial-events-end'] ? 'end' : type;
      // A watch with bookmarks has one at its own end as well.
      return eventsIn(text)
        .map(shown)
        .join(' ')
        .replace(/ ?BOOKMARK$/, '');
    };
    const inside = 'watch=1&allowWatchBookmarks=1';
    const asked = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
    const unasked = 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan';
    const deprecated = maps.replace('/v1/', '/v1/watch/');
    const given = await Promise.all([
      begun('watch=1'),
      begun(`watch=1&${asked}`),
      begun(inside),
      begun(`${inside}&resourceVersion=0`),
      begun(`${inside}&resourceVersion=1`),
      begun(`${inside}&resourceVersion=1&${asked}`),
      begun(`${inside}&${unasked}`),
      begun(`${inside}&resourceVersion=0&${unasked}`),
      begun('allowWatchBookmarks=1', deprecated),
      begun(asked, deprecated),
    ]);
    assert.deepEqual(given, [
      'ADDED',
      'ADDED',
      'ADDED end',
      'ADDED end',
      'ADDED',
      'ADDED end',
      '',
      '',
      'ADDED',
      '422 ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]',
    ]);
    const refused = await transport.request({ method: 'GET', path: `${deprecated}/a?fieldSelector=metadata.name%3Db` });
    assert.equal(
      JSON.parse(Buffer.from(await readBody(refused)).toString()).message,
      "fieldSelector metadata.name doesn't match requested name",
    );
    // Less than no time is over at once.
    await watched(transport, `${maps}?watch=1&timeoutSeconds=-1`, '*/*');
  }));
