import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody, type Transport } from '@typernetes/client';
import { eventually, withRestartableApi } from './api.ts';

/** Random requests (tools/compare) that upstream's kube-apiserver and ours once answered differently. */

interface Answer {
  readonly code: number;
  /** The parts of answers that these tests look at. */
  readonly body: {
    readonly kind: string;
    readonly message: string;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion?: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly continue?: string;
      readonly deletionTimestamp?: string;
      readonly deletionGracePeriodSeconds?: number;
      readonly generation?: number;
      readonly finalizers?: readonly string[];
    };
    readonly secrets: readonly object[];
    readonly status: {
      readonly conditions: readonly { type: string; status: string; reason: string }[];
      readonly incomplete: boolean;
      readonly nonResourceRules: readonly { readonly nonResourceURLs: readonly string[] }[];
    };
    readonly items: readonly { readonly kind?: string; readonly apiVersion?: string }[];
    readonly details: {
      readonly kind: string;
      readonly causes: readonly { readonly field: string; readonly message: string }[];
    };
    readonly spec: { readonly limits: readonly object[] };
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

test('objects are completed as by upstream', async (t) => {
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
      const found = conditions.map(({ type, status, reason }) => [type, status, reason]);
      assert.deepEqual(found, [['Available', 'True', 'Local']]);
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
      assert.equal(refused.body.message, 'invalid timeout specified in the request URL - time: invalid duration "x"');
      assert.equal((await send(`POST ${configs}?timeout=x`, { metadata: { name: 'none' } })).code, 400);
      assert.equal((await send(`GET ${configs}/none`)).code, 404);
    });
  });
});

const core = '/api/v1/namespaces/default';

test('limit ranges limit what upstream limits', async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const range = (name: string, limits: object[]) =>
      send(`POST ${core}/limitranges`, { metadata: { name }, spec: { limits } });
    const claim = (name: string, storage: string) =>
      send(`POST ${core}/persistentvolumeclaims`, {
        metadata: { name },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
      });
    // Claims have no limits, and so no ratio.
    const ratio = { maxLimitRequestRatio: { storage: '2' } };
    await range('claims', [{ type: 'PersistentVolumeClaim', max: { storage: '2Gi' }, ...ratio }]);
    assert.equal((await claim('small', '1Gi')).code, 201);
    const large = await claim('large', '3Gi');
    assert.match(large.body.message, /maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi$/);
    // A range that limits nothing gets no defaults.
    assert.deepEqual((await range('empty', [{ type: 'Container' }])).body.spec.limits, [{ type: 'Container' }]);
    const contradictory = await range('wrong', [
      { type: 'Container', min: { cpu: '2' }, max: { cpu: '3' }, default: { cpu: '1' } },
      { type: 'Container', max: { cpu: '3' }, default: { cpu: '4' } },
    ]);
    const found = contradictory.body.details.causes.map(({ field, message }) => `${field}: ${message}`);
    assert.ok(
      found.includes('spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1'),
    );
    assert.ok(
      found.includes('spec.limits[1].default[cpu]: Invalid value: "3": default value 4 is greater than max value 3'),
    );
    const mirrored = await send(`POST ${core}/pods`, {
      metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } },
      spec: { serviceAccountName: 'default', containers },
    });
    assert.match(mirrored.body.message, /a mirror pod may not reference service accounts$/);
  });
});

test('rules are reported as by upstream', async () => {
  await withRestartableApi(async ({ transport, as }) => {
    const send = senderOf(transport);
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const roleRef = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
    const subjects = [
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' },
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'devs' },
    ];
    await send(`POST ${rbac}/clusterroles`, {
      metadata: { name: 'pages' },
      rules: [{ verbs: ['get'], nonResourceURLs: ['/pages'] }],
    });
    await send(`POST ${rbac}/clusterrolebindings`, {
      metadata: { name: 'pages' },
      roleRef: roleRef('ClusterRole', 'pages'),
      subjects,
    });
    for (const name of ['lost', 'lost-too'])
      await send(`POST ${rbac}/namespaces/default/rolebindings`, {
        metadata: { name },
        roleRef: roleRef('Role', 'none'),
        subjects,
      });
    const makers = { verbs: ['create'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] };
    await send(`POST ${rbac}/namespaces/default/roles`, { metadata: { name: 'makers' }, rules: [makers] });
    await send(`POST ${rbac}/namespaces/default/rolebindings`, {
      metadata: { name: 'makers' },
      roleRef: roleRef('Role', 'makers'),
      subjects,
    });
    const jane = senderOf(as({ username: 'jane', groups: ['devs'] }));
    const denied = await jane(`GET ${core}/secrets`);
    assert.match(denied.body.message, /: RBAC: role\.rbac\.authorization\.k8s\.io "none" not found$/);
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: 'default' },
    };
    await send('POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'devs' },
      roleRef: roleRef('ClusterRole', 'system:basic-user'),
      subjects,
    });
    const { status } = (await jane('POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews', review)).body;
    // A binding counts once, even if two of its subjects match; a missing role does not make the rest incomplete.
    assert.equal(status.nonResourceRules.filter(({ nonResourceURLs }) => nonResourceURLs.includes('/pages')).length, 1);
    assert.equal(status.incomplete, false);
    const escalating = await jane(`POST ${rbac}/namespaces/default/roles`, {
      metadata: { name: 'more' },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['services', 'pods'] }],
    });
    const lines = escalating.body.message.split('\n').slice(1);
    assert.deepEqual(
      lines.map((line) => line.slice(0, 45)),
      lines.map((line) => line.slice(0, 45)).sort(),
    );
    assert.match(lines[0] ?? '', /"pods"/);
  });
});

test("custom resources behave as upstream's", async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const scale = {
      specReplicasPath: '.spec.size',
      statusReplicasPath: '.status.size',
      labelSelectorPath: '.status.selector',
    };
    await send('POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { scale },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                'x-kubernetes-preserve-unknown-fields': true,
                properties: { share: { type: 'number', minimum: 0.5, maximum: 2.5 } },
              },
            },
          },
        ],
      },
    });
    const things = '/apis/example.com/v1/namespaces/default/things';
    await eventually(async () => ((await send(`GET ${things}`)).code === 200 ? true : undefined));
    const thing = (name: string, rest: object) =>
      send(`POST ${things}`, { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name }, ...rest });
    const causes = async (rest: object): Promise<string[]> =>
      ((await thing('a', rest)).body.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);

    const onTheWay = 'accessor error: 1 is of the type int64, expected map[string]interface{}';
    assert.deepEqual(await causes({ spec: 1 }), [`.spec.size: Invalid value: 0: .spec.size ${onTheWay}`]);
    assert.deepEqual(await causes({ spec: { size: -1 }, status: { size: 2 ** 31, selector: [true, null] } }), [
      '.spec.size: Invalid value: -1: should be a non-negative integer',
      '.status.size: Invalid value: 2147483648: should be less than or equal to 2147483647',
      '.status.selector: Invalid value: "": .status.selector accessor error: [true <nil>] is of the type []interface {}, expected string',
    ]);
    // An integer is compared with the integral part of a bound.
    assert.deepEqual(await causes({ share: -1 }), [
      'share: Invalid value: -1: share in body should be greater than or equal to 0',
    ]);
    assert.deepEqual(await causes({ share: 0.4 }), [
      'share: Invalid value: 0.4: share in body should be greater than or equal to 0.5',
    ]);
    assert.equal((await thing('whole', { share: 0 })).code, 201);

    // Each item in their lists has its apiVersion and kind.
    for (const query of ['', '?limit=5', '?pretty=true']) {
      const { items, metadata } = (await send(`GET ${things}${query}`)).body;
      assert.deepEqual(
        items.map(({ kind, apiVersion }) => [kind, apiVersion]),
        [['Thing', 'example.com/v1']],
      );
      assert.equal(metadata.continue, '');
    }
    const ending = await send('DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com');
    assert.equal(ending.body.metadata.deletionGracePeriodSeconds, undefined);
    const missing = await send(`GET ${things}/none/status`);
    assert.equal(missing.body.message, 'things.example.com "none" not found');
  });
});

test('writes are answered as by upstream', async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const options = `dryRun=x&fieldManager=${'m'.repeat(129)}`;
    const ofMaps = '/api/v1/namespaces/default/configmaps';
    assert.equal((await send(`POST ${ofMaps}?${options}`, {}, 'application/merge-patch+json')).code, 415);
    assert.equal((await send(`PATCH ${ofMaps}/a?${options}`, [], 'application/apply-patch+yaml')).code, 422);
    const merge = 'application/merge-patch+json';

    // A dry run of an update has the revision that it would replace; so does an object without its last finalizer.
    const made = await send(`POST ${core}/configmaps`, { metadata: { name: 'm', finalizers: ['example.com/a'] } });
    const { resourceVersion } = made.body.metadata;
    const dry = await send(`PUT ${core}/configmaps/m?dryRun=All`, { metadata: { name: 'm' } });
    assert.equal(dry.body.metadata.resourceVersion, resourceVersion);

    const gone = await send('DELETE /api/v1/namespaces/none', undefined);
    assert.equal(gone.code, 404);
    await send('POST /api/v1/namespaces', { metadata: { name: 'ending' } });
    const ending = await send('DELETE /api/v1/namespaces/ending');
    assert.ok(ending.body.metadata.deletionTimestamp);
    assert.equal(ending.body.metadata.deletionGracePeriodSeconds, undefined);
    const odd = { metadata: { name: 'ending' }, spec: { finalizers: ['odd'] } };
    const refused = await send('PUT /api/v1/namespaces/ending/finalize', odd);
    assert.deepEqual(
      refused.body.details.causes.map(({ field }) => field),
      ['spec.finalizers[0]'],
    );

    const unnamed = await send(`POST ${core}/limitranges`, { metadata: {}, spec: { limits: [] } });
    assert.match(unnamed.body.metadata.name ?? '', /^[0-9a-f]{8}-/);

    await send(`POST ${core}/serviceaccounts`, { metadata: { name: 'default' } });
    await send(`POST ${core}/pods`, { metadata: { name: 'p' }, spec: { containers } });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
    const evicted = await send(`POST ${core}/pods/p/eviction`, {
      ...eviction,
      deleteOptions: { propagationPolicy: 'Odd' },
    });
    assert.deepEqual(
      evicted.body.details.causes.map(({ field }) => field),
      ['propagationPolicy'],
    );

    const service = '/apis/apiregistration.k8s.io/v1/apiservices/v1.apps';
    const unconditional = await send(`PUT ${service}/status`, { metadata: { name: 'v1.apps' }, status: {} });
    assert.equal(unconditional.body.details.kind, 'apiservices');

    const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } };
    await send('POST /api/v1/persistentvolumes', { metadata: { name: 'v' }, spec: volume });
    const changed = await send('PATCH /api/v1/persistentvolumes/v', { spec: { volumeMode: 'Block' } }, merge);
    assert.deepEqual(
      changed.body.details.causes.map(({ field }) => field),
      ['volumeMode'],
    );

    const dryRuns = await send(`POST ${core}/configmaps?dryRun=All&dryRun=all`, { metadata: { name: 'd' } });
    assert.match(dryRuns.body.message, /dryRun: Unsupported value: \["All","all"\]: supported values: "All"$/);
    assert.equal((await send('POST /api/v1/configmaps/x', { metadata: { name: 'x' } })).code, 404);
    const bound = { kind: 'Deployment', apiVersion: 'apps/v1', name: 'x' };
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef: bound } };
    const token = await send(`POST ${core}/serviceaccounts/default/token`, request);
    assert.equal(token.body.message, 'cannot bind token to object of type apps/v1, Kind=Deployment');
    const mounting = { containers: [{ ...containers[0], volumeMounts: [{ mountPath: '/x' }] }] };
    const mounted = await send(`POST ${core}/pods`, { metadata: { name: 'mounting' }, spec: mounting });
    const found = mounted.body.details.causes.map(({ field, message }) => `${field}: ${message}`);
    assert.deepEqual(found, [
      'spec.containers[0].volumeMounts[0].name: Required value',
      'spec.containers[0].volumeMounts[0].name: Not found: ""',
    ]);

    // An invalid container is reported before the pod's missing node.
    const streamed = await send(`POST ${core}/pods/p/exec?container=none&command=a`);
    assert.equal(streamed.body.message, 'container none is not valid for pod p');
    assert.match((await send(`POST ${core}/pods/p/exec?command=a`)).body.message, /does not have a host assigned$/);

    // A list of any age is complete, whatever the limit; except for events, because upstream does not cache them.
    await send(`POST ${core}/configmaps`, { metadata: { name: 'n' } });
    for (const [of, many] of [['configmaps', true] as const, ['events', false] as const]) {
      for (const name of ['x', 'y'])
        await send(`POST ${core}/${of}`, { metadata: { name }, involvedObject: { namespace: 'default' } });
      const page = await send(`GET ${core}/${of}?limit=1&resourceVersion=0`);
      assert.equal(page.body.items.length > 1, many, of);
      assert.equal(page.body.metadata.continue === undefined, many, of);
    }

    // An unreadable limit is invalid for a watch too, and parameters are validated before field selectors.
    assert.equal((await send(`GET ${core}/configmaps?watch=1&limit=x`)).code, 400);
    const matched = await send(`GET ${core}/configmaps?fieldSelector=x=y&resourceVersionMatch=Exact`);
    assert.equal(matched.code, 422);
  });
});

test('deletions are answered as by upstream', async () => {
  await withRestartableApi(async ({ transport }) => {
    const send = senderOf(transport);
    const merge = 'application/merge-patch+json';
    await send(`POST ${core}/serviceaccounts`, { metadata: { name: 'default' } });

    // A pod without a grace period is returned with none left, at the revision of its deletion.
    const pod = await send(`POST ${core}/pods`, { metadata: { name: 'p' }, spec: { containers } });
    const { resourceVersion, generation = 0 } = pod.body.metadata;
    const dry = (await send(`DELETE ${core}/pods/p?dryRun=All`)).body.metadata;
    assert.equal(dry.deletionGracePeriodSeconds, 0);
    const gone = (await send(`DELETE ${core}/pods/p`)).body.metadata;
    assert.equal(gone.deletionGracePeriodSeconds, 0);
    assert.ok(gone.deletionTimestamp);
    assert.equal(gone.generation, generation + 1);
    assert.ok(Number(gone.resourceVersion) > Number(resourceVersion));

    await send(`POST ${core}/configmaps`, { metadata: { name: 'tried', finalizers: ['orphan'] } });
    const shown = await send(`DELETE ${core}/configmaps/tried?dryRun=All&propagationPolicy=Background`);
    assert.deepEqual([shown.body.kind, shown.body.metadata.finalizers], ['ConfigMap', undefined]);
    // Finalizers still hold the pod.
    await send(`POST ${core}/pods`, {
      metadata: { name: 'held', finalizers: ['example.com/a'] },
      spec: { containers },
    });
    await send(`DELETE ${core}/pods/held`);
    const held = await send(`PATCH ${core}/pods/held`, { metadata: { finalizers: null } }, merge);
    assert.equal(held.body.metadata.deletionGracePeriodSeconds, 0);
    assert.equal((await send(`GET ${core}/pods/held`)).code, 404);

    // The first deletion makes a namespace terminate, whatever holds it; a second one removes it if nothing does.
    await send('POST /api/v1/namespaces', { metadata: { name: 'free' } });
    await send('PUT /api/v1/namespaces/free/finalize', { metadata: { name: 'free' } });
    const ending = await send('DELETE /api/v1/namespaces/free');
    assert.equal(ending.body.kind, 'Namespace');
    assert.ok(ending.body.metadata.deletionTimestamp);
    const ended = await send('DELETE /api/v1/namespaces/free');
    assert.equal(ended.body.kind, 'Namespace');
    assert.equal((await send('GET /api/v1/namespaces/free')).code, 404);
    await send('POST /api/v1/namespaces', { metadata: { name: 'busy' } });
    await send('DELETE /api/v1/namespaces/busy');
    const again = await send('DELETE /api/v1/namespaces/busy?propagationPolicy=Foreground');
    assert.equal(again.body.metadata.finalizers, undefined);
    assert.equal((await send('GET /api/v1/namespaces/busy/namespaces')).code, 404);

    // Preconditions may be in the query; field selectors do not matter.
    await send(`POST ${core}/configmaps`, { metadata: { name: 'c' } });
    for (const query of ['uid=other', 'resourceVersion=1'])
      assert.equal((await send(`DELETE ${core}/configmaps/c?${query}`)).code, 409);
    assert.equal((await send(`DELETE ${core}/configmaps/c?fieldManager=${'m'.repeat(200)}`)).code, 200);

    // Finalizers are validated on every write, for some kinds less strictly.
    const finalizers = (name: string, ...list: string[]) =>
      send(`PATCH ${name}`, { metadata: { finalizers: list } }, merge);
    await send(`POST ${core}/configmaps`, { metadata: { name: 'f' } });
    assert.equal((await finalizers(`${core}/configmaps/f`, 'mine')).code, 422);
    assert.equal((await finalizers(`${core}/configmaps/f`, 'orphan', 'foregroundDeletion')).code, 422);
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    await send(`POST ${leases}`, { metadata: { name: 'f' } });
    assert.equal((await finalizers(`${leases}/f`, 'mine')).code, 200);
    assert.equal((await finalizers(`${leases}/f`, 'a b')).code, 422);

    // Nothing depends on events, in either group: propagation policies are ignored, and they are gone.
    for (const events of [`${core}/events`, '/apis/events.k8s.io/v1/namespaces/default/events'])
      for (const policy of ['Orphan', 'Foreground']) {
        const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' };
        await send(`POST ${core}/events`, { metadata: { name: 'nothing' }, involvedObject });
        const refused = await send(`DELETE ${events}/nothing`, { preconditions: { uid: 'other' } });
        assert.match(refused.body.message, /^Operation cannot be fulfilled on Event "nothing": /);
        assert.equal((await send(`DELETE ${events}/nothing?propagationPolicy=${policy}`)).body.status, 'Success');
        assert.equal((await send(`GET ${events}/nothing`)).code, 404);
      }

    await send(`POST ${core}/configmaps`, { metadata: { name: 'held' } });
    const both = ['foregroundDeletion', 'example.com/a'];
    await finalizers(`${core}/configmaps/held`, ...both);
    const goes = await send(`DELETE ${core}/configmaps/held?propagationPolicy=Foreground`);
    assert.deepEqual(goes.body.metadata.finalizers, both, 'in the order in which they were written');

    await send('POST /api/v1/nodes', { metadata: { name: 'n' }, spec: { externalID: 'a' } });
    assert.equal(
      (await send('PATCH /api/v1/nodes/n', { spec: { externalID: 'a', unschedulable: true } }, merge)).code,
      200,
    );
    const renamed = await send('PATCH /api/v1/nodes/n', { spec: { externalID: 'b' } }, merge);
    assert.equal(renamed.body.details.causes[0]?.field, '[]');

    // A body takes precedence over the query, for collections as for single objects.
    for (const name of ['d', 'e']) await send(`POST ${core}/configmaps`, { metadata: { name, labels: { some: 'x' } } });
    const some = `${core}/configmaps?labelSelector=some%3Dx`;
    const left = async (): Promise<number> => (await send(`GET ${some}`)).body.items.length;
    const tried = await send(`DELETE ${some}`, { dryRun: ['All'] });
    assert.equal(tried.body.items.length, 2);
    await send(`DELETE ${some}&dryRun=All`);
    await send(`DELETE ${core}/configmaps/d`, { dryRun: ['All'] });
    assert.equal(await left(), 2, 'tries leave what is there');
    await send(`DELETE ${core}/configmaps/d?dryRun=All`, { gracePeriodSeconds: 0 });
    await send(`DELETE ${some}&dryRun=All`, { gracePeriodSeconds: 0 });
    assert.equal(await left(), 0);
    assert.equal((await send(`DELETE ${some}&dryRun=Some`)).code, 422);
  });
});
