import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';

/** A resource as the items named `… should support … API operations` use it. */
export interface Operations {
  /** `group/version/plural`. */
  readonly resource: string;
  readonly namespaced?: boolean;
  /** Subresources that discovery lists too, and that return the object itself. */
  readonly below?: readonly string[];
  /** One of three objects, by number; labels are added, and a name when there is none. */
  readonly object: (i: number) => object;
  /** What else the item does with the subresources of the object at this path. */
  readonly more?: (one: string) => Promise<void>;
}

/** Asserts that group, version and resources are in the discovery documents of all three levels. */
export async function discovered(talk: Conversation, group: string, resources: readonly string[]): Promise<void> {
  const groupVersion = `${group}/v1`;
  const listed = at<Wire[]>(await talk.get('/apis'), 'groups')?.find(({ name }) => name === group);
  const own = await talk.get(`/apis/${group}`);
  for (const one of [listed, own])
    assert.ok(at<Wire[]>(one, 'versions')?.some((version) => version.groupVersion === groupVersion));
  const names = at<Wire[]>(await talk.get(`/apis/${groupVersion}`), 'resources')?.map(({ name }) => name) ?? [];
  for (const resource of resources) assert.ok(names.includes(resource), resource);
}

/** Finds in discovery, creates, gets, lists, watches during a patch and an update, deletes by name and by selector. */
export async function supportsOperations(talk: Conversation, operations: Operations): Promise<void> {
  const { resource, namespaced = false, below = [], object, more } = operations;
  const [group = '', , plural = ''] = resource.split('/');
  await discovered(talk, group, [plural, ...below.map((name) => `${plural}/${name}`)]);
  const path = namespaced ? talk.here(resource) : `/apis/${resource}`;
  const selector = `labelSelector=operations%3D${talk.namespace}`;
  const listed = (of = path): Promise<Wire> => talk.get(`${of}?${selector}`);

  let made: Wire = {};
  for (const i of [1, 2, 3]) {
    const given = object(i) as { readonly metadata?: object };
    const metadata = { generateName: 'e2e-example-', ...given.metadata, labels: { operations: talk.namespace } };
    made = await talk.create(path, { ...given, metadata });
  }
  const one = `${path}/${nameOf(made)}`;
  const { uid } = made.metadata as Wire;
  assert.equal(at(await talk.get(one), 'metadata/uid'), uid);
  const { name: _, ...second } = made.metadata as Wire;
  await talk.refused(409, 'POST', path, {
    ...object(3),
    metadata: { name: nameOf(made), labels: second.labels },
  });
  const list = await listed();
  assert.equal(itemsOf(list).length, 3);
  if (namespaced) assert.equal(itemsOf(await listed(`/apis/${resource}`)).length, 3);

  const patched = await talk.patch(one, { metadata: { annotations: { patched: 'true' } } });
  assert.equal(at(patched, 'metadata/annotations/patched'), 'true');
  await eventually(async () => {
    const found = await talk.get(one);
    const annotations = { ...at<Wire>(found, 'metadata/annotations'), updated: 'true' };
    const answer = await talk.send('PUT', one, { ...found, metadata: { ...(found.metadata as Wire), annotations } });
    const text = Buffer.concat(await Array.fromAsync(answer.body)).toString();
    // Controllers also write some of them.
    if (answer.status === 409) return undefined;
    assert.equal(answer.status, 200, text);
    assert.deepEqual([at(JSON.parse(text), 'metadata/annotations/updated')], ['true']);
    return true;
  });
  const since = at<string>(list, 'metadata/resourceVersion');
  for (const place of namespaced ? [path, `/apis/${resource}`] : [path])
    for await (const event of talk.watch(`${place}?watch=true&resourceVersion=${since}&${selector}`)) {
      assert.equal(event.type, 'MODIFIED');
      const annotations = at<Wire>(event.object, 'metadata/annotations');
      if (annotations?.patched === 'true' && annotations.updated === 'true') break;
    }

  for (const name of below) {
    const found = await talk.get(`${one}/${name}`);
    assert.deepEqual([found.kind, found.apiVersion, at(found, 'metadata/uid')], [made.kind, made.apiVersion, uid]);
  }
  await more?.(one);

  await talk.delete(one);
  await talk.refused(404, 'GET', one);
  assert.equal(itemsOf(await listed()).length, 2);
  await talk.delete(`${path}?${selector}`);
  assert.equal(itemsOf(await listed()).length, 0);
}

/** Patches a condition into the status, and adds another by an update. */
export async function takesConditions(talk: Conversation, one: string): Promise<void> {
  const made = (type: string): Wire => ({
    type,
    status: 'False',
    reason: 'E2E',
    message: 'Set from an e2e test',
    lastTransitionTime: '2030-01-01T00:00:00Z',
  });
  const typesOf = (object: Wire) => at<Wire[]>(object, 'status/conditions')?.map(({ type }) => type) ?? [];
  const status = { conditions: [made('PatchStatusFailed')] };
  const patched = await talk.patch(`${one}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status });
  assert.ok(typesOf(patched).includes('PatchStatusFailed'));
  await eventually(async () => {
    const found = await talk.get(`${one}/status`);
    const conditions = [...(at<Wire[]>(found, 'status/conditions') ?? []), made('StatusUpdateFailed')];
    const answer = await talk.send('PUT', `${one}/status`, {
      ...found,
      status: { ...(found.status as Wire), conditions },
    });
    const text = Buffer.concat(await Array.fromAsync(answer.body)).toString();
    if (answer.status === 409) return undefined;
    assert.equal(answer.status, 200, text);
    assert.ok(typesOf(JSON.parse(text)).includes('StatusUpdateFailed'));
    return true;
  });
}

/** Patches the status together with an annotation, then replaces it by an update. */
export async function takesStatus(talk: Conversation, one: string, [first, second]: [object, object]): Promise<void> {
  const annotations = { patchedstatus: 'true' };
  const patched = await talk.patch(`${one}/status`, { metadata: { annotations }, status: first });
  assert.deepEqual([patched.status, at(patched, 'metadata/annotations/patchedstatus')], [first, 'true']);
  await eventually(async () => {
    const found = await talk.get(one);
    const answer = await talk.send('PUT', `${one}/status`, { ...found, status: second });
    const text = Buffer.concat(await Array.fromAsync(answer.body)).toString();
    if (answer.status === 409) return undefined;
    assert.equal(answer.status, 200, text);
    assert.deepEqual(JSON.parse(text).status, second);
    return true;
  });
}
