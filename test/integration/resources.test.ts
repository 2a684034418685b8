import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf, encodeProtobuf } from '@typernetes/api/protobuf';
import { type ResourceFact, resourceFacts, schemaOfType } from '@typernetes/api/schema';
import { type ApiResponse, readBody, type Transport } from '@typernetes/client';
import { decodeObject } from '@typernetes/machinery';
import { eventually, withRestartableApi } from './api.ts';
import { type MinimalObject, minimalObject } from './minimal-objects.ts';

/** Every stored resource of the API, including alpha and beta ones, goes through all operations on it. */

const everything = [
  '--runtime-config=api/all=true',
  // Its controller would write the status of flow schemas during the test.
  '--enable-priority-and-fairness=false',
  '--feature-gates=ClusterTrustBundle=true,PodCertificateRequest=true,DRADeviceTaintRules=true,DRAResourcePoolStatus=true,GenericWorkload=true',
];

type Loose = Record<string, unknown> & {
  kind: string;
  metadata: Record<string, unknown> & { name: string; resourceVersion: string; annotations?: Record<string, string> };
};

interface Options {
  readonly accept?: string;
  readonly type?: string;
  readonly body?: object;
}

const json = 'application/json';
const protobuf = 'application/vnd.kubernetes.protobuf';

class Resource {
  readonly fact: ResourceFact;
  readonly #transport: Transport;
  readonly path: string;

  constructor(fact: ResourceFact, transport: Transport) {
    this.fact = fact;
    this.#transport = transport;
    const root = fact.group === '' ? `/api/${fact.version}` : `/apis/${fact.group}/${fact.version}`;
    this.path = fact.namespaced ? `${root}/namespaces/default/${fact.plural}` : `${root}/${fact.plural}`;
  }

  async send(method: string, below: string, options: Options = {}): Promise<ApiResponse> {
    const { accept = json, type = json, body } = options;
    const bytes = type === protobuf ? encodeProtobuf(body as MinimalObject) : JSON.stringify(body);
    return await this.#transport.request({
      method,
      path: `${this.path}${below}`,
      headers: { accept, 'content-type': type },
      ...(body ? { body: bytes } : {}),
    });
  }

  /** Adds absent empty lists. */
  canonical(object: Loose): object {
    return decodeObject(object, schemaOfType(this.fact.type)).object;
  }

  /** Returns the object in the response; asserts its status. */
  async ask(method: string, below: string, options: Options & { status?: number } = {}): Promise<Loose> {
    const response = await this.send(method, below, options);
    const bytes = Buffer.from(await readBody(response));
    const object = (
      response.headers['content-type'] === protobuf ? decodeProtobuf(bytes) : JSON.parse(bytes.toString())
    ) as Loose;
    const said = `${method} ${this.path}${below}: ${JSON.stringify(object).slice(0, 600)}`;
    assert.equal(response.status, options.status ?? 200, said);
    return object;
  }
}

/** The next event of a watch in JSON lines. */
async function* eventsOf(response: ApiResponse): AsyncGenerator<{ type: string; object: Loose }> {
  let pending = '';
  for await (const chunk of response.body) {
    const lines = (pending + Buffer.from(chunk).toString()).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

const annotated = (key: string): object => ({ metadata: { annotations: { [`test/${key}`]: key } } });

async function readsEveryWay(resource: Resource, created: Loose): Promise<void> {
  const { name } = created.metadata;
  const one = await resource.ask('GET', `/${name}`);
  assert.deepEqual(one, created);
  const ofProtobuf = await resource.ask('GET', `/${name}`, { accept: protobuf });
  assert.deepEqual(resource.canonical(ofProtobuf), resource.canonical(created), 'in protobuf');
  const list = await resource.ask('GET', '');
  const { kind: _kind, apiVersion: _version, ...item } = created;
  assert.deepEqual(
    (list.items as Loose[]).find(({ metadata }) => metadata.name === name),
    item,
  );
  const listOfProtobuf = await resource.ask('GET', '', { accept: protobuf });
  assert.deepEqual(
    (listOfProtobuf.items as Loose[]).map((one) => resource.canonical(one)),
    (list.items as Loose[]).map((one) => resource.canonical(one)),
    'the list in protobuf',
  );
  const table = await resource.ask('GET', `?fieldSelector=metadata.name%3D${name}`, {
    accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
  });
  const columns = table.columnDefinitions as { name: string }[];
  const [row] = table.rows as { cells: unknown[]; object: Loose }[];
  // Upstream's IPAddresses have one cell more than columns.
  assert.ok((row?.cells.length ?? 0) >= columns.length);
  assert.equal(row?.cells[columns.findIndex((column) => column.name === 'Name')], name);
  const partial = await resource.ask('GET', '', {
    accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  });
  assert.ok((partial.items as Loose[]).every(({ kind, spec }) => kind === 'PartialObjectMetadata' && !spec));
}

async function patchesEveryWay(resource: Resource, created: Loose): Promise<void> {
  const { name, resourceVersion } = created.metadata;
  const below = `/${name}`;
  const watched = await resource.send(
    'GET',
    `?watch=true&resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3D${name}`,
  );
  const events = eventsOf(watched);
  await resource.ask('PATCH', below, { type: 'application/merge-patch+json', body: annotated('merge') });
  await resource.ask('PATCH', below, {
    type: 'application/json-patch+json',
    body: [{ op: 'add', path: '/metadata/annotations/test~1json', value: 'json' }],
  });
  await resource.ask('PATCH', below, {
    type: 'application/strategic-merge-patch+json',
    body: annotated('strategic'),
  });
  const { apiVersion, kind } = created;
  const patched = await resource.ask('PATCH', `${below}?fieldManager=test&force=true`, {
    type: 'application/apply-patch+yaml',
    body: { apiVersion, kind, metadata: { name, annotations: { 'test/apply': 'apply' } } },
  });
  for (const way of ['merge', 'json', 'strategic', 'apply']) {
    assert.equal(patched.metadata.annotations?.[`test/${way}`], way);
    const { value } = await events.next();
    assert.equal(value.type, 'MODIFIED');
    assert.equal(value.object.metadata.annotations[`test/${way}`], way);
  }
  await events.return(undefined);
}

async function writesParts(resource: Resource, name: string): Promise<void> {
  const current = await resource.ask('GET', `/${name}`);
  const again = await resource.ask('PUT', `/${name}`, { body: current });
  assert.equal(again.metadata.resourceVersion, current.metadata.resourceVersion, 'nothing changed');
  for (const { name: part, verbs } of resource.fact.subresources ?? []) {
    if (part !== 'status' && part !== 'scale') continue;
    if (verbs.includes('get')) await resource.ask('GET', `/${name}/${part}`);
    if (verbs.includes('update')) {
      const found = await resource.ask('GET', `/${name}/${part}`, { accept: protobuf });
      await resource.ask('PUT', `/${name}/${part}`, { type: protobuf, accept: protobuf, body: found });
    }
    if (verbs.includes('patch'))
      await resource.ask('PATCH', `/${name}/${part}`, { type: 'application/merge-patch+json', body: { metadata: {} } });
  }
}

/** Resources whose status the server writes a moment after their creation. */
const judgedByTheServer = new Set(['apiservices', 'customresourcedefinitions', 'validatingadmissionpolicies']);

function judged(resource: Resource, name: string): Promise<Loose> {
  return eventually(async () => {
    const found = await resource.ask('GET', `/${name}`);
    const { conditions, observedGeneration } = (found.status ?? {}) as Judgement;
    return conditions?.length || observedGeneration !== undefined ? found : undefined;
  });
}

interface Judgement {
  readonly conditions?: readonly unknown[] | null;
  readonly observedGeneration?: number;
}

/** A prefix changes what is said of a name that is taken. Addresses are no prefixes. */
async function clashesBesideAPrefix(resource: Resource, object: MinimalObject): Promise<void> {
  const body = { ...object, metadata: { ...object.metadata, generateName: 'web-' } };
  const { message } = await resource.ask('POST', '', { body, status: 409 });
  assert.match(String(message), /already exists, the server was not able to generate a unique name/);
}

async function livesItsLife(resource: Resource): Promise<void> {
  const { fact } = resource;
  const object = await minimalObject(fact, `web-${fact.version}`);
  const { name } = object.metadata;
  await resource.ask('POST', '?dryRun=All', { body: object, status: 201 });
  assert.equal((await resource.send('GET', `/${name}`)).status, 404, 'after a dry run');
  const answered = await resource.ask('POST', '', { type: protobuf, body: object, status: 201 });
  assert.equal(answered.kind, fact.kind);
  const created = judgedByTheServer.has(fact.plural) ? await judged(resource, name) : answered;
  assert.equal((await resource.ask('POST', '', { body: object, status: 409 })).reason, 'AlreadyExists');
  if (fact.plural !== 'ipaddresses') await clashesBesideAPrefix(resource, object);
  // The names of some kinds follow from their contents.
  await readsEveryWay(resource, created);
  await patchesEveryWay(resource, created);
  await writesParts(resource, name);
  await resource.ask('DELETE', `/${name}?dryRun=All`);
  const deleted = await resource.send('DELETE', `/${name}`, { accept: protobuf });
  assert.ok([200, 202].includes(deleted.status), `deleted: ${deleted.status}`);
  await readBody(deleted);
}

const stored = resourceFacts().resources.filter((fact) => fact.verbs.includes('create') && fact.verbs.includes('get'));

test('an object of any kind without a name is rejected', async () => {
  await withRestartableApi(async ({ transport }) => {
    const unexpected = new Set<string>();
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    const body = JSON.stringify({ metadata: { name: 'default' } });
    await readBody(
      await transport.request({ method: 'POST', path: accounts, headers: { 'content-type': json }, body }),
    );
    // Limit ranges get a generated name.
    for (const fact of stored.filter(({ plural }) => plural !== 'limitranges')) {
      const { metadata: _metadata, ...nameless } = await minimalObject(fact, 'x');
      const resource = new Resource(fact, transport);
      const answer = await resource.send('POST', '?dryRun=All', { body: nameless });
      const { message } = JSON.parse(Buffer.from(await readBody(answer)).toString());
      const isReported = /metadata\.name: Required value/.test(message) || /name must be provided/.test(message);
      if (answer.status < 400 || answer.status >= 500 || !isReported)
        unexpected.add(`${fact.group}/${fact.version}/${fact.plural}: ${answer.status} ${message}`);
    }
    assert.deepEqual([...unexpected], []);
  }, everything);
});

test('every resource supports all its operations', async () => {
  await withRestartableApi(async ({ transport }) => {
    const accounts = new Resource(
      resourceFacts().resources.find(({ plural }) => plural === 'serviceaccounts') as ResourceFact,
      transport,
    );
    await accounts.ask('POST', '', { body: { metadata: { name: 'default' } }, status: 201 });
    const failures: string[] = [];
    for (const fact of stored) {
      try {
        await livesItsLife(new Resource(fact, transport));
      } catch (error) {
        failures.push(`${fact.group}/${fact.version}/${fact.plural}: ${(error as Error).message}`);
      }
    }
    assert.deepEqual(failures, []);
  }, everything);
});
