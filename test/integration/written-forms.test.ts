import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf, encodeProtobuf } from '@typernetes/api/protobuf';
import { readBody, type Transport } from '@typernetes/client';
import { withRestartableApi } from './api.ts';

/** The form of empty values: lists without items, unset times; and of quantities that are not canonical. */

type Json = Record<string, unknown>;

const json = 'application/json';
const protobuf = 'application/vnd.kubernetes.protobuf';
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles';
const core = '/api/v1/namespaces/default';

interface Sent {
  readonly type?: string;
  readonly accept?: string;
}

const senderOf =
  (transport: Transport) =>
  async (target: string, body?: object | Uint8Array, { type = json, accept = json }: Sent = {}): Promise<Json> => {
    const [method = '', path = ''] = target.split(' ');
    const response = await transport.request({
      method,
      path,
      headers: { accept, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    const bytes = await readBody(response);
    return (accept === protobuf ? decodeProtobuf(bytes) : JSON.parse(Buffer.from(bytes).toString())) as Json;
  };

/** The owners of top-level fields. */
const ownersOf = ({ metadata }: Json): Record<string, string[]> =>
  Object.fromEntries(
    ((metadata as { managedFields?: Json[] }).managedFields ?? []).map(({ manager, fieldsV1 }) => [
      manager as string,
      Object.keys(fieldsV1 as object),
    ]),
  );

test('lists that are never omitted are null when empty, and belong to whoever set them empty', async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const none = await send(`POST ${rbac}?fieldManager=a`, { metadata: { name: 'none', labels: { x: 'y' } } });
    assert.equal(none.rules, null);
    assert.deepEqual(ownersOf(none), { a: ['f:metadata'] });

    const given = await send(`POST ${rbac}?fieldManager=a`, { metadata: { name: 'given' }, rules: [] });
    assert.equal(given.rules, null);
    assert.deepEqual(ownersOf(given), { a: ['f:rules'] });
    assert.equal((await send(`GET ${rbac}/given`)).rules, null);
    const again = await send(`PUT ${rbac}/given?fieldManager=b`, { metadata: { name: 'given' } });
    assert.deepEqual(ownersOf(again), { a: ['f:rules'] });
    assert.deepEqual(
      (again.metadata as Json).resourceVersion,
      (given.metadata as Json).resourceVersion,
      'nothing is written where nothing changes',
    );

    const dry = await send(`POST ${rbac}?dryRun=All`, { metadata: { name: 'dry' }, rules: [] });
    assert.equal(dry.rules, null);
    const asProtobuf = encodeProtobuf({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'pb' },
    } as never);
    const read = await send(`POST ${rbac}?fieldManager=a`, asProtobuf, { type: protobuf });
    assert.equal(read.rules, null);
    assert.deepEqual(ownersOf(read), {});
    assert.equal((await send(`GET ${rbac}/pb`, undefined, { accept: protobuf })).rules, null);

    const applied = await send(
      `PATCH ${rbac}/applied?fieldManager=c`,
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'applied' }, rules: [] },
      { type: 'application/apply-patch+yaml' },
    );
    assert.equal(applied.rules, null);
    assert.deepEqual(ownersOf(applied), { c: ['f:rules'] });
    const patch = { op: 'add', path: '/rules', value: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] };
    const patched = await send(`PATCH ${rbac}/none`, [patch], { type: 'application/json-patch+json' });
    assert.equal((patched.rules as object[]).length, 1);

    const listed = (await send(`GET ${rbac}`)).items as Json[];
    assert.deepEqual(
      listed.map(({ metadata, rules }) => [(metadata as Json).name, rules === null]),
      [
        ['applied', true],
        ['given', true],
        ['none', false],
        ['pb', true],
      ],
    );

    const volumes = [
      { name: 'v', projected: { sources: [] } },
      { name: 'w', projected: {} },
    ];
    const template = { template: { spec: { containers: [{ name: 'c', image: 'i' }], volumes } } };
    const made = await send(`POST ${core}/podtemplates`, { metadata: { name: 't' }, ...template });
    const spec = ((made.template as Json).spec as Json).volumes as { projected: { sources: unknown } }[];
    assert.deepEqual(
      spec.map(({ projected }) => projected.sources),
      [null, null],
    );
    assert.equal(((await send(`POST ${core}/limitranges`, limits)).spec as Json).limits, null);
    const autoscalers = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
    const autoscaler = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 2 };
    const idle = await send(`POST ${autoscalers}`, { metadata: { name: 'h' }, spec: autoscaler });
    assert.deepEqual(idle.status, { desiredReplicas: 0, currentMetrics: null });
  });
});

const limits = { metadata: { name: 'l' }, spec: { limits: [] } };

test('unset times are null', async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    await send(`POST ${core}/serviceaccounts`, { metadata: { name: 'default' } });
    await send(`POST ${core}/pods`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    const conditions = [{ type: 'Ready', status: 'True' }];
    const patched = await send(
      `PATCH ${core}/pods/p/status?fieldManager=k`,
      { status: { conditions } },
      { type: 'application/strategic-merge-patch+json' },
    );
    assert.deepEqual((patched.status as Json).conditions, [
      { type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: null },
    ]);
    const entries = (patched.metadata as { managedFields: { manager: string; fieldsV1: Json }[] }).managedFields;
    const owned = entries.find(({ manager }) => manager === 'k')?.fieldsV1['f:status'] as Json;
    assert.deepEqual((owned['f:conditions'] as Json)['k:{"type":"Ready"}'], {
      '.': {},
      'f:lastProbeTime': {},
      'f:lastTransitionTime': {},
      'f:status': {},
      'f:type': {},
    });

    const event = { metadata: { name: 'e' }, involvedObject: { namespace: 'default' } };
    const made = await send(`POST ${core}/events`, event);
    assert.deepEqual([made.firstTimestamp, made.lastTimestamp, made.eventTime], [null, null, null]);
    const newer = await send('GET /apis/events.k8s.io/v1/namespaces/default/events/e');
    const times = [newer.deprecatedFirstTimestamp, newer.deprecatedLastTimestamp, newer.eventTime];
    assert.deepEqual(times, [null, null, null]);
    const inProtobuf = await send(`GET ${core}/events/e`, undefined, { accept: protobuf });
    assert.equal(inProtobuf.eventTime, null);
    assert.equal(Object.hasOwn(made.metadata as object, 'deletionTimestamp'), false);
  });
});

test('quantities are kept as written where upstream takes them for canonical', async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const hard = { 'requests.cpu': '+1', 'limits.cpu': '1.000001', 'requests.storage': '010', pods: ' 1000 ' };
    const quota = { metadata: { name: 'q' }, spec: { hard } };
    const made = await send(`POST ${core}/resourcequotas?fieldManager=a`, quota);
    const kept = { 'requests.cpu': '+1', 'limits.cpu': '1001m', 'requests.storage': '010', pods: '1k' };
    assert.deepEqual((made.spec as Json).hard, kept);
    const read = await send(`GET ${core}/resourcequotas/q`, undefined, { accept: protobuf });
    assert.deepEqual((read.spec as Json).hard, kept);
    const again = await send(
      `PATCH ${core}/resourcequotas/q?fieldManager=b`,
      { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard: { 'requests.storage': '10' } } },
      { type: 'application/apply-patch+yaml' },
    );
    assert.match(String(again.message), /conflict with "a" using v1: \.spec\.hard\.requests\.storage$/);
  });
});

test('an unset time among others is null, also in protobuf, and can still be applied', () =>
  withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const at = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    const head = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web' } };
    await send(`POST ${at}`, { ...head, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } });
    const value = { disruptedPods: { a: null, b: '2021-06-07T08:09:10+02:00' }, expectedPods: 3 };
    const patch = [{ op: 'add', path: '/status', value }];
    const status = (answer: Json): unknown => (answer.status as Json).disruptedPods;
    const written = await send(`PATCH ${at}/web/status`, patch, { type: 'application/json-patch+json' });
    const expected = { a: null, b: '2021-06-07T06:09:10Z' };
    assert.deepEqual(status(written), expected);
    const applied = await send(
      `PATCH ${at}/web/status?fieldManager=f&force=true`,
      { ...head, status: { disruptionsAllowed: 10 } },
      { type: 'application/apply-patch+yaml' },
    );
    assert.deepEqual(status(applied), expected);
    assert.deepEqual(status(await send(`GET ${at}/web`, undefined, { accept: protobuf })), expected);
  }));

test('maps and owned fields are sorted by name, as by upstream', () =>
  withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const labels = { zone: 'a', app: 'b' };
    const container = (name: string) => ({
      name,
      image: 'nginx',
      ports: [{ containerPort: 8080 }, { containerPort: 90 }],
      resources: { requests: { memory: '1Mi', cpu: '1' } },
    });
    const spec = {
      terminationGracePeriodSeconds: 0,
      nodeSelector: { y: '1', x: '2' },
      containers: ['web', 'log'].map(container),
    };
    const made = await send(`POST ${core}/podtemplates?fieldManager=a`, {
      metadata: { name: 'p', labels },
      template: { spec },
    });
    const text = JSON.stringify(made);
    for (const part of ['{"app":"b","zone":"a"}', '{"x":"2","y":"1"}', '{"cpu":"1","memory":"1Mi"}'])
      assert.ok(text.includes(part), part);
    const merged = { metadata: { labels: { middle: 'c', bottom: null } } };
    const patched = await send(`PATCH ${core}/podtemplates/p?fieldManager=b`, merged, {
      type: 'application/merge-patch+json',
    });
    assert.deepEqual(Object.keys((patched.metadata as { labels: object }).labels), ['app', 'middle', 'zone']);
    const applied = await send(
      `PATCH ${core}/podtemplates/p?fieldManager=c&force=true`,
      { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'p', labels: { zone: 'd', early: 'e' } } },
      { type: 'application/apply-patch+yaml' },
    );
    const { managedFields, labels: last } = applied.metadata as {
      managedFields: { fieldsV1: object }[];
      labels: object;
    };
    assert.deepEqual(Object.keys(last), ['app', 'early', 'middle', 'zone']);
    assert.equal(managedFields.length, 3);
    const isInOrder = (fields: object): boolean =>
      Object.keys(fields).every((name, i, all) => i === 0 || name.startsWith('k:') || (all[i - 1] as string) < name) &&
      Object.values(fields).every((inner: object) => isInOrder(inner));
    for (const { fieldsV1 } of managedFields) assert.ok(isInOrder(fieldsV1), JSON.stringify(fieldsV1));
    const ports = JSON.stringify(managedFields)
      .match(/containerPort\W+\d+/g)
      ?.map((one) => one.replace(/\D/g, ''));
    assert.deepEqual([...new Set(ports)], ['90', '8080']);
  }));

test('an empty map is another one than none, to what may not change', () =>
  withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const kindOf = async (...sent: Parameters<typeof send>): Promise<unknown> => {
      const { message, kind } = await send(...sent);
      return message ?? kind;
    };
    const merge = { type: 'application/merge-patch+json' };
    for (const [kind, plural, fields] of [
      ['ConfigMap', 'configmaps', ['binaryData']],
      ['Secret', 'secrets', ['data']],
    ] as const) {
      await send(`POST ${core}/${plural}`, { metadata: { name: 'fixed' }, immutable: true });
      assert.equal(await kindOf(`PATCH ${core}/${plural}/fixed`, { metadata: { labels: { a: 'b' } } }, merge), kind);
      for (const field of fields)
        assert.equal(
          await kindOf(`PATCH ${core}/${plural}/fixed`, { [field]: {} }, merge),
          `${kind} "fixed" is invalid: ${field}: Forbidden: field is immutable when \`immutable\` is set`,
        );
    }
    // The data of ConfigMaps are an empty map by default.
    assert.equal(await kindOf(`PATCH ${core}/configmaps/fixed`, { data: {} }, merge), 'ConfigMap');
    await send(`POST ${core}/serviceaccounts`, { metadata: { name: 'default' } });
    const spec = { containers: [{ name: 'c', image: 'i' }], overhead: {} };
    assert.equal(
      await kindOf(`POST ${core}/pods`, { metadata: { name: 'p' }, spec }),
      'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  }));

test('a slash alone is no version, and events are of one kind in both their groups', () =>
  withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const { kind } = await send(`POST ${core}/configmaps`, { apiVersion: '/', metadata: { name: 'a' } });
    assert.equal(kind, 'ConfigMap');
    const one = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' };
    const { message } = await send('GET /apis/events.k8s.io/v1/events', undefined, one);
    assert.equal(message, 'you requested PartialObjectMetadata, but the requested object is a list (*core.EventList)');
  }));

test('revisions that have not been reached are waited for, but not of events, which upstream does not cache', () =>
  withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const far = 'resourceVersion=99999999';
    const ofEvents = await send(`GET ${core}/events?${far}`);
    assert.match(String(ofEvents.message), /^Timeout: Too large resource version: 99999999, current: \d+$/);
    assert.equal((ofEvents.details as Json).retryAfterSeconds, undefined);
    const others = await send(`GET ${core}/configmaps?${far}`);
    assert.equal((others.details as Json).retryAfterSeconds, 1);
    const nameless = { spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 } };
    const { details } = await send('POST /apis/apiregistration.k8s.io/v1/apiservices', nameless);
    assert.equal((details as { causes: unknown[] }).causes.length, 1);
  }));

test('the status of some kinds is written without their metadata, and an empty name of a class is one', () =>
  withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const merge = { type: 'application/merge-patch+json' };
    const levels = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations';
    const spec = { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } };
    await send(`POST ${levels}`, { metadata: { name: 'a', labels: { l: '1' } }, spec });
    const changed = { metadata: { labels: { l: '2' }, finalizers: ['example.com/x'] }, status: { conditions: [] } };
    const { metadata } = await send(`PATCH ${levels}/a/status`, changed, merge);
    const { labels, finalizers } = metadata as { labels: Json; finalizers?: unknown };
    assert.deepEqual([labels, finalizers], [{ l: '1' }, undefined]);

    const backend = { service: { name: 'web', port: { number: 80 } } };
    const { message } = await send('POST /apis/networking.k8s.io/v1/namespaces/default/ingresses', {
      metadata: { name: 'a' },
      spec: { defaultBackend: backend, ingressClassName: '' },
    });
    assert.match(String(message), /spec\.ingressClassName: Invalid value: "": a lowercase RFC 1123 subdomain/);
  }));
