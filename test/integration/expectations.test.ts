import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiResponse, readBody } from '@typernetes/client';
import { eventually, type RestartableApi, withRestartableApi } from './api.ts';

/** Behaviour beside objects that upstream's clients rely on: exact error messages, headers, tokens, documents. */

interface Answer {
  readonly response: ApiResponse;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, read by tests alone
  readonly json: any;
}

type Ask = (target: string, options?: { body?: unknown; headers?: Record<string, string> }) => Promise<Answer>;

/** `GET /path`; bodies are JSON unless they are strings. */
function asking({ transport }: RestartableApi): Ask {
  return async (target, { body, headers = {} } = {}) => {
    const [method = 'GET', path = target] = target.includes(' ') ? target.split(' ') : ['GET', target];
    const response = await transport.request({
      method,
      path,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = Buffer.from(await readBody(response)).toString();
    return { response, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
}

const withAsk = (run: (ask: Ask, api: RestartableApi) => Promise<void>): Promise<void> =>
  withRestartableApi((api) => run(asking(api), api));

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string, data: object = {}) => ({ metadata: { name }, data });
const listOptions = 'ListOptions.meta.k8s.io "" is invalid: ';

const refusals: readonly [target: string, code: number, message: string][] = [
  [
    `${maps}?resourceVersionMatch=Exact`,
    422,
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  [
    `${maps}?resourceVersionMatch=Exact&resourceVersion=0`,
    422,
    'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    `${maps}?resourceVersionMatch=Near&resourceVersion=1`,
    422,
    'resourceVersionMatch: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""',
  ],
  [`${maps}?sendInitialEvents=true`, 422, 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
  [
    `${maps}?watch=1&sendInitialEvents=true`,
    422,
    'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  [
    `${maps}?watch=1&resourceVersionMatch=NotOlderThan`,
    422,
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
];

test("parameters that exclude each other are rejected with upstream's messages", async () => {
  await withAsk(async (ask) => {
    for (const [target, code, message] of refusals) {
      const { json } = await ask(target);
      assert.deepEqual([json.code, json.message], [code, `${listOptions}${message}`], target);
    }
    for (const target of [`${maps}?limit=ten`, `${maps}?watch=1&timeoutSeconds=ten`]) {
      const { json } = await ask(target);
      assert.deepEqual([json.code, json.message], [400, 'strconv.ParseInt: parsing "ten": invalid syntax'], target);
    }
    assert.equal((await ask(`${maps}?continue=nonsense`)).json.code, 400);
    const { json } = await ask(`POST ${maps}?fieldValidation=Loud`, { body: map('a') });
    assert.match(json.message, /fieldValidation: Unsupported value: "Loud"/);
  });
});

test('unknown and duplicate fields are rejected, reported as warnings or ignored', async () => {
  await withAsk(async (ask) => {
    const body = '{"metadata":{"name":"a","name":"b"},"dta":{}}';
    const strict = await ask(`POST ${maps}?fieldValidation=Strict`, { body });
    assert.equal(strict.json.code, 400);
    assert.match(strict.json.message, /strict decoding error: duplicate field "metadata.name", unknown field "dta"$/);
    const warned = await ask(`POST ${maps}?dryRun=All`, { body });
    assert.equal(warned.json.metadata.name, 'b');
    assert.match(String(warned.response.headers.warning), /duplicate field.*299 - "unknown field \\"dta\\""/);
    const ignored = await ask(`POST ${maps}?dryRun=All&fieldValidation=Ignore`, { body });
    assert.equal(ignored.response.headers.warning, undefined);
  });
});

test('equal owner references are merged, with a warning', async () => {
  await withAsk(async (ask) => {
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u1' };
    const other = { ...owner, name: 'q' };
    const third = { ...owner, uid: 'u2' };
    const ownerReferences = [owner, owner, other, third, third];
    const single = [owner, other, third];
    const warning = (when = ''): string =>
      `299 - ".metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: u1, u2"`;
    const body = { metadata: { name: 'a', ownerReferences } };
    const answers = [
      await ask(`POST ${maps}`, { body }),
      await ask(`PUT ${maps}/a`, { body }),
      await ask(`PATCH ${maps}/a`, { body, headers: { 'content-type': 'application/merge-patch+json' } }),
    ];
    for (const { json } of answers) assert.deepEqual(json.metadata.ownerReferences, single);
    assert.deepEqual(
      answers.map(({ response }) => response.headers.warning),
      [warning(), warning(), warning(' after mutating admission happens')],
    );
    const fine = await ask(`PUT ${maps}/a`, { body: { metadata: { name: 'a', ownerReferences: single } } });
    assert.equal(fine.response.headers.warning, undefined);
  });
});

test('a page whose revision is compacted says how to continue without it', async () => {
  await withRestartableApi(async (api) => {
    const ask = asking(api);
    for (const name of ['a', 'b', 'c']) await ask(`POST ${maps}`, { body: map(name) });
    const first = await ask(`${maps}?limit=1`);
    assert.equal(first.json.metadata.remainingItemCount, 2);
    // As if the token were very old: revision 1 is before everything in the cache.
    const token = JSON.parse(Buffer.from(first.json.metadata.continue, 'base64url').toString());
    const inconsistent = Buffer.from(JSON.stringify({ ...token, rv: -1 })).toString('base64url');
    await ask(`DELETE ${maps}/b`);
    const rest = await ask(`${maps}?limit=5&continue=${inconsistent}`);
    assert.deepEqual(
      rest.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
      ['c'],
    );
    const consistent = await ask(`${maps}?limit=5&continue=${first.json.metadata.continue}`);
    assert.equal(consistent.json.items.length, 2);
    assert.equal(consistent.json.metadata.resourceVersion, first.json.metadata.resourceVersion);
  });
});

test('the last page has the revision of the list, even if nothing has changed since', () =>
  withRestartableApi(
    async (api) => {
      const ask = asking(api);
      for (const name of ['a', 'b', 'c']) await ask(`POST ${maps}`, { body: map(name) });
      const first = await ask(`${maps}?limit=1`);
      const next = `${maps}?limit=1&continue=${first.json.metadata.continue}`;
      const expired = await eventually(async () => {
        // Another write, so that there are later revisions.
        await ask('POST /api/v1/namespaces', { body: { metadata: { generateName: 'later-' } } });
        const { json } = await ask(next);
        return json.code === 410 ? json : undefined;
      });
      assert.equal(expired.reason, 'Expired');
      assert.match(
        expired.message,
        /^The provided continue parameter is too old to display a consistent list result\./,
      );
      const rest = await ask(`${maps}?limit=1&continue=${expired.metadata.continue}`);
      assert.deepEqual(
        [
          rest.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
          rest.json.metadata.remainingItemCount,
        ],
        [['b'], 1],
      );
      assert.notEqual(rest.json.metadata.resourceVersion, first.json.metadata.resourceVersion);
      const exact = `resourceVersionMatch=Exact&resourceVersion=${first.json.metadata.resourceVersion}`;
      assert.equal((await ask(`${maps}?${exact}`)).json.code, 410);
    },
    ['--etcd-compaction-interval=50ms'],
  ));

test('a watch from a revision unknown to the store, as after a restore, is told to list again', () =>
  withAsk(async (ask) => {
    const revision = Number((await ask(maps)).json.metadata.resourceVersion) + 1000;
    const watching = ask(`${maps}?watch=1&timeoutSeconds=60&resourceVersion=${revision}`);
    const { json: first, response } = await watching;
    assert.deepEqual([response.status, first?.type, first?.object?.code], [200, 'ERROR', 410]);
    assert.match(first.object.message, new RegExp(`^too large resource version: ${revision}, current: \\d+$`));
    assert.equal(first.object.reason, 'Expired');
  }));

test('sizes are applied through the Scale: the applier owns the field, and others have to force', () =>
  withAsk(async (ask) => {
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'main', image: 'i' }] } };
    const spec = { replicas: 2, selector: { matchLabels: { a: 'b' } }, template };
    await ask(`POST ${path}?fieldManager=maker`, { body: { metadata: { name: 'web' }, spec } });
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const scale = (replicas: number) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas } });
    const apply = (query: string, replicas: number) =>
      ask(`PATCH ${path}/web/scale?${query}`, { headers, body: scale(replicas) });
    const refused = await apply('fieldManager=scaler', 3);
    assert.equal(refused.response.status, 409);
    assert.match(refused.json.message, /^Apply failed with 1 conflict: conflict with "maker" using apps\/v1/);
    const forced = await apply('fieldManager=scaler&force=true', 3);
    assert.deepEqual([forced.json.kind, forced.json.spec], ['Scale', { replicas: 3 }]);
    const { json: web } = await ask(`${path}/web`);
    assert.equal(web.spec.replicas, 3);
    const owned = web.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'scaler');
    const { operation, apiVersion, subresource, fieldsV1 } = owned;
    assert.deepEqual(
      { operation, apiVersion, subresource, fieldsV1 },
      {
        ...{ operation: 'Apply', apiVersion: 'apps/v1', subresource: 'scale' },
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      },
    );
    assert.equal((await apply('force=true', 3)).response.status, 422);
    const elsewhere = await ask('/apis/nope.example.com/v1/things');
    assert.deepEqual([elsewhere.response.status, elsewhere.text], [404, '404 page not found\n']);
  }));

test('unchanged documents are not sent again', async () => {
  await withAsk(async (ask) => {
    const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const v2 = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    for (const [path, accept] of [
      ['/apis', aggregated],
      ['/openapi/v2', 'application/json'],
      ['/openapi/v2', v2],
      ['/openapi/v3', '*/*'],
      ['/openapi/v3/apis/apps/v1', '*/*'],
    ] as const) {
      const first = await ask(path, { headers: { accept } });
      assert.equal(first.response.status, 200);
      const etag = String(first.response.headers.etag);
      const again = await ask(path, { headers: { accept, 'if-none-match': etag } });
      assert.deepEqual([again.response.status, again.text], [304, ''], path);
      const other = await ask(path, { headers: { accept, 'if-none-match': '"other"' } });
      assert.equal(other.response.status, 200);
    }
    const { json } = await ask('/openapi/v3');
    const byHash = await ask(json.paths['apis/apps/v1'].serverRelativeURL);
    assert.match(String(byHash.response.headers['cache-control']), /immutable/);
  });
});

test('metrics, slis, flags and status are served', async () => {
  await withAsk(async (ask) => {
    await ask('POST /api/v1/namespaces/default/podtemplates', {
      body: {
        metadata: { name: 'a' },
        template: { spec: { containers: [{ name: 'a', image: 'a' }] } },
      },
    });
    await ask('/api/v1/namespaces/default/podtemplates/a');
    await ask('POST /api/v1/namespaces/default/services', {
      body: { metadata: { name: 'a' }, spec: { type: 'NodePort', ports: [{ port: 80 }], clusterIP: '10.96.0.77' } },
    });
    await ask('POST /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', {
      body: {
        metadata: { name: 'a' },
        spec: {
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
            ],
          },
          matchConditions: [{ name: 'not-skipped', expression: "object.metadata.name != 'skip'" }],
          validations: [{ expression: "object.metadata.name != 'no'" }],
        },
      },
    });
    await ask('POST /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', {
      body: { metadata: { name: 'b' }, spec: { policyName: 'a', validationActions: ['Deny'] } },
    });
    for (const name of ['no', 'yes', 'skip']) await ask(`POST ${maps}`, { body: map(name) });
    const metrics = (await ask('/metrics')).text;
    for (const line of [
      /^apiserver_request_total\{code="201",.*resource="podtemplates",.*verb="POST",version="v1"\} 1$/m,
      /^apiserver_current_inflight_requests\{request_kind="mutating"\} \d+$/m,
      /^apiserver_storage_objects\{resource="podtemplates"\} 1$/m,
      /^apiserver_admission_controller_admission_duration_seconds_count\{name="NamespaceLifecycle",operation="CREATE",rejected="false",type="admit"\} [1-9]/m,
      /^apiserver_admission_step_admission_duration_seconds_summary\{operation="CREATE",rejected="false",type="admit",quantile="0\.99"\} [0-9]/m,
      /^apiserver_admission_step_admission_duration_seconds_count\{operation="CREATE",rejected="false",type="validate"\} [1-9]/m,
      /^apiserver_response_sizes_count\{component="apiserver",group="",resource="podtemplates",scope="resource",subresource="",verb="GET",version="v1"\} 1$/m,
      /^etcd_request_duration_seconds_count\{group="",operation="create",resource="podtemplates"\} 1$/m,
      /^etcd_requests_total\{group="",operation="create",resource="podtemplates"\} 1$/m,
      /^authorization_attempts_total\{result="allowed"\} [1-9]/m,
      /^apiserver_resource_size_estimate_bytes\{group="",resource="podtemplates"\} [1-9]\d\d/m,
      /^apiserver_watch_cache_events_received_total\{group="",resource="podtemplates"\} 1$/m,
      /^apiserver_flowcontrol_current_executing_seats\{flow_schema="[^"]+",priority_level="[^"]+"\} \d+$/m,
      /^kubernetes_feature_enabled\{name="WatchList",stage="BETA"\} 1$/m,
      /^version_info\{binary="1\.36",component="kube",emulation="1\.36",min_compat="1\.35"\} 1$/m,
      /^apiserver_request_sli_duration_seconds_count\{.*resource="podtemplates",.*verb="POST",version="v1"\} 1$/m,
      /^apiserver_selfrequest_total\{.*resource="namespaces",.*verb="POST"\} [1-9]/m,
      /^kube_apiserver_clusterip_allocator_allocation_total\{cidr="10\.96\.0\.0\/12",scope="static"\} 2$/m,
      /^kube_apiserver_clusterip_allocator_allocated_ips\{cidr="10\.96\.0\.0\/12"\} 2$/m,
      /^kube_apiserver_nodeport_allocator_allocation_total\{scope="dynamic"\} 1$/m,
      /^apiserver_cel_compilation_duration_seconds_count [1-9]/m,
      /^apiserver_validating_admission_policy_check_total\{enforcement_action="deny",error_type="no_error",policy="a",policy_binding="b"\} 1$/m,
      /^apiserver_validating_admission_policy_check_total\{enforcement_action="allow",error_type="no_error",policy="a",policy_binding="b"\} [1-9]/m,
      /^apiserver_admission_match_condition_exclusions_total\{kind="policy",name="a",operation="CREATE",type="validate"\} 1$/m,
      /^apiserver_admission_match_condition_evaluation_seconds_count\{.*name="a".*\} [3-9]$/m,
      /^apiserver_request_body_size_bytes_sum\{group="",resource="configmaps",verb="create"\} [1-9]/m,
      /^workqueue_depth\{name="crd_naming_condition_controller"\} 0$/m,
    ])
      assert.match(metrics, line);
    await ask('/livez');
    assert.match((await ask('/metrics/slis')).text, /kubernetes_healthcheck\{name="etcd",type="livez"\} 1/);
    assert.match((await ask('/flagz')).text, /^authorization-mode=\[Node,RBAC\]$/m);
    assert.match((await ask('/statusz')).text, /^kube-apiserver statusz$/m);
    const accept = 'application/json;v=v1beta1;g=config.k8s.io;as=Statusz';
    assert.equal((await ask('/statusz', { headers: { accept } })).json.kind, 'Statusz');
    assert.match((await ask('/debug/pprof/heap?debug=1')).text, /^heap profile: \d+: \d+ /);
    const { response } = await ask('/debug/pprof/profile?seconds=1');
    assert.deepEqual(
      [response.status, response.headers['content-disposition']],
      [200, 'attachment; filename="profile"'],
    );
    const counted = /^apiserver_request_total\{code="201",.*resource="podtemplates"/m;
    assert.match((await ask('/metrics')).text, counted);
    assert.equal((await ask('DELETE /metrics')).text, 'metrics reset\n');
    const anew = (await ask('/metrics')).text;
    assert.doesNotMatch(anew, counted);
    assert.match(anew, /^apiserver_request_total\{code="200",.*verb="DELETE"/m);
  });
});

test('curl and browsers get indented JSON', async () => {
  await withAsk(async (ask) => {
    await ask(`POST ${maps}`, { body: map('a') });
    assert.match((await ask(`${maps}/a`, { headers: { 'user-agent': 'curl/8.0' } })).text, /^\{\n {2}"kind"/);
    assert.match((await ask(`${maps}/a?pretty=true`)).text, /^\{\n/);
    assert.doesNotMatch(
      (await ask(`${maps}/a?pretty=false`, { headers: { 'user-agent': 'curl/8.0' } })).text,
      /\n {2}/,
    );
  });
});
