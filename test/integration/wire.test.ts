import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiResponse, readBody } from '@typernetes/client';
import { withRestartableApi } from './api.ts';

/** Details visible to clients, as upstream's kube-apiserver answered the same requests beside ours. */

interface Exchange {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
  readonly status: number;
  /** The message of the Status, or the text of a response that is not one. */
  readonly message?: string | RegExp;
  readonly header?: Readonly<Record<string, string | undefined>>;
}

type Exchanges = Readonly<Record<string, Exchange>>;

const maps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const pods = '/api/v1/namespaces/default/pods';
const json = 'application/json';
const types = {
  json: { 'content-type': 'application/json-patch+json' },
  merge: { 'content-type': 'application/merge-patch+json' },
  strategic: { 'content-type': 'application/strategic-merge-patch+json' },
  apply: { 'content-type': 'application/apply-patch+yaml' },
};
const map = (name: string, rest: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...rest });
const noMethod = 'the server does not allow this method on the requested resource';
const noResource = 'the server could not find the requested resource';
const text404 = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
const typeMeta =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

const paths: Exchanges = {
  'GET /nothing': { status: 404, message: '404 page not found\n', header: text404 },
  'GET /apis/nothing.example.com': { status: 404, message: '404 page not found\n', header: text404 },
  'GET /api/v9': { status: 404, message: noResource },
  'GET /apis/apps/v9': { status: 404, message: noResource },
  'GET /apis/apps/v9/deployments': { status: 404, message: noResource },
  'GET //api//v1': { status: 404, message: '404 page not found\n' },
  'GET /api/v1//configmaps': { status: 404, message: noResource },
  'GET /api/v1/proxy/nodes/x': { status: 404, message: noResource },
  'GET /api/v1/namespaces/default/bindings': { status: 405, message: noMethod },
  [`GET ${maps}/a%2Fb`]: { status: 404, message: noResource },
  [`GET ${maps}/%zz`]: { status: 400, message: '400 Bad Request' },
  [`GET ${maps}/%2e%2e`]: { status: 400, message: `Name parameter invalid: "..": may not be '..'` },
  'DELETE /api/v1/configmaps': { status: 405, message: noMethod },
  [`PUT ${maps}`]: { status: 405, message: noMethod },
  [`PATCH ${maps}`]: { status: 405, message: noMethod },
  [`POST ${maps}/a`]: { status: 405, message: noMethod },
  [`HEAD ${maps}`]: { status: 405 },
  'HEAD /version': { status: 405 },
  'POST /version': { status: 405, message: noMethod },
  'PUT /api': { status: 405, message: noMethod },
};

const forms: Exchanges = {
  [`GET ${maps}/missing`]: {
    headers: { accept: 'application/yaml' },
    status: 404,
    message: /^apiVersion: v1\ncode: 404\ndetails:\n {2}kind: configmaps\n {2}name: missing\nkind: Status\n/,
    header: { 'content-type': 'application/yaml' },
  },
  [`GET ${maps}/other`]: {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 404,
    message: 'configmaps "other" not found',
    header: { 'content-type': json },
  },
  [`GET ${maps}?limit=1`]: {
    headers: { accept: 'application/*' },
    status: 406,
    message:
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  },
  'GET /version': { headers: { accept: 'text/html' }, status: 406, message: /^406: Not Acceptable/ },
  'GET /openapi/v2': { headers: { accept: 'application/xml' }, status: 406 },
  'GET /api': {
    headers: { accept: 'application/yaml' },
    status: 200,
    message: /^kind: APIVersions\nserverAddressByClientCIDRs:\n/,
    header: { 'content-type': 'application/yaml' },
  },
  'GET /apis/apps/v1': {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 406,
    message:
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  [`GET ${maps}`]: {
    headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
    status: 406,
    message: 'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
  },
  [`GET ${maps}?includeObject=Loud`]: {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 400,
    message: `Unable to convert to Table as requested: includeObject: Invalid value: "Loud": must be 'Metadata', 'Object', 'None', or empty`,
  },
  [`GET ${maps}?includeObject=Loud&limit=1`]: { status: 200 },
};

const parameters: Exchanges = {
  [`GET ${maps}?limit=`]: { status: 400, message: 'strconv.ParseInt: parsing "": invalid syntax' },
  [`GET ${maps}?timeoutSeconds=x`]: { status: 400, message: 'strconv.ParseInt: parsing "x": invalid syntax' },
  // The order of several errors: numbers, selectors, conflicting parameters, fields, revisions.
  [`GET ${maps}?timeoutSeconds=x&limit=y&labelSelector=(`]: {
    status: 400,
    message: 'strconv.ParseInt: parsing "x": invalid syntax',
  },
  [`GET ${maps}?labelSelector=(a)&resourceVersionMatch=Exact`]: {
    status: 400,
    message: `found '(', expected: !, identifier, or 'end of string'`,
  },
  [`GET ${maps}?watch=1&fieldSelector=a&resourceVersionMatch=Exact`]: {
    status: 400,
    message: `invalid selector: 'a'; can't understand 'a'`,
  },
  [`GET ${maps}?fieldSelector=a%3Db&resourceVersion=x`]: {
    status: 400,
    message: '"a" is not a known field selector: only "metadata.name", "metadata.namespace"',
  },
  [`GET ${maps}?resourceVersion=00&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0`]: {
    status: 400,
    message: 'specifying resource version is not allowed when using continue',
  },
  [`GET ${maps}?continue=x`]: {
    status: 400,
    message: 'invalid continue token: continue key is not valid: illegal base64 data at input byte 0',
  },
  [`GET ${maps}?labelSelector=,`]: { status: 400, message: "found ',', expected: !, identifier, or 'end of string'" },
  [`GET ${maps}?labelSelector=a=b=c`]: { status: 400, message: "found '=', expected: ',' or 'end of string'" },
  [`GET ${maps}?fieldSelector=metadata.name=a%5C`]: {
    status: 400,
    message: 'invalid field selector: invalid escape sequence: \\',
  },
};

const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap): ';
const noKind = `${unrecognized}couldn't get version/kind; json parse error: `;
const bodies: readonly [body: string | object, contentType: string, status: number, message: string | RegExp][] = [
  ['{', json, 400, `${noKind}unexpected end of JSON input ({)`],
  ['{]', json, 400, `${noKind}invalid character ']' looking for beginning of object key string ({])`],
  ['[]', json, 400, `${noKind}json: cannot unmarshal array into Go value of type ${typeMeta} (5b5d)`],
  ['"x"', json, 400, `${noKind}json: cannot unmarshal string into Go value of type ${typeMeta} (227822)`],
  ['null', json, 422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'],
  [
    '{"apiVersion":5}',
    json,
    400,
    `${noKind}json: cannot unmarshal number into Go struct field .apiVersion of type string ({"apiVersion":5})`,
  ],
  [
    '{"apiVersion":"a/b/c"}',
    json,
    400,
    `${unrecognized}unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})`,
  ],
  ['- a', 'application/yaml', 400, `${noKind}json: cannot unmarshal array into Go value of type ${typeMeta} (2d2061)`],
  ['', 'application/vnd.kubernetes.protobuf', 400, `${unrecognized}empty data (<empty>)`],
  [
    'garbage',
    'application/vnd.kubernetes.protobuf',
    400,
    `${unrecognized}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (67617262616765)`,
  ],
  ['{"metadata":{"name":"no-bytes"},"binaryData":{"a":null}}', json, 201, ''],
  [
    { apiVersion: 'v1', kind: 'ConfigMap' },
    json,
    422,
    'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  ],
  [map('any'), '*/*', 415, /^the body of the request was in an unknown format/],
  [
    { ...map('versioned'), metadata: { name: 'versioned', resourceVersion: '5' } },
    json,
    500,
    'resourceVersion should not be set on objects to be created',
  ],
  [
    map('large', { data: { a: 'x'.repeat(1_100_000) } }),
    json,
    422,
    'ConfigMap "large" is invalid: []: Too long: may not be more than 1048576 bytes',
  ],
];

const named = (metadata: object): object => ({ ...map('a'), metadata });
const precondition = (uid: string): RegExp =>
  new RegExp(
    `^Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: [0-9a-f-]{36}$`,
  );

const replacements: readonly [object, number, string | RegExp][] = [
  [named({}), 400, 'the name of the object (a based on URL) was undeterminable: name must be provided'],
  [
    named({ name: 'a', namespace: 'q' }),
    400,
    'the namespace of the provided object does not match the namespace sent on the request',
  ],
  [named({ name: 'a', resourceVersion: 'abc' }), 500, 'strconv.ParseUint: parsing "abc": invalid syntax'],
  [named({ name: 'a', uid: 'abc' }), 409, precondition('abc')],
];

const generic = 'the server rejected our request due to an error in our request';
const applied = 'failed to create typed patch object (default/a; v1, Kind=ConfigMap): ';
const patches: readonly [keyof typeof types, body: string | object, status: number, message?: string | RegExp][] = [
  [
    'json',
    '{}',
    400,
    'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  ],
  [
    'json',
    '["x"]',
    400,
    'error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp',
  ],
  [
    'json',
    '[{"op":5}]',
    400,
    'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
  ],
  ['json', '[null]', 422, generic],
  ['json', 'null', 200],
  [
    'json',
    '[{"op":"replace","path":"/kind","value":"q"}]',
    422,
    /: no kind "q" is registered for version "v1" in scheme /,
  ],
  [
    'json',
    '[{"op":"remove","path":"/metadata"}]',
    400,
    /^the name of the object \(a based on URL\) was undeterminable/,
  ],
  [
    'merge',
    '[]',
    400,
    'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  ['merge', 'null', 400, 'Invalid JSON Patch'],
  ['merge', '{', 400, 'error decoding patch: unexpected end of JSON input'],
  [
    'merge',
    '{"metadata":{"uid":"q"}}',
    422,
    'ConfigMap "a" is invalid: metadata.uid: Invalid value: "q": field is immutable',
  ],
  ['strategic', '[]', 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ['strategic', '{', 400, 'unexpected end of JSON input'],
  ['strategic', '{"kind":"q","apiVersion":"q/v1"}', 200],
  ['strategic', 'null', 200],
  ['strategic', '{"$patch":"loud"}', 500, 'unknown patch type: loud in map: map[$patch:loud]'],
  ['strategic', '{"$patch":5}', 500, 'unknown patch type: %!s(int64=5) in map: map[$patch:5]'],
  ['apply', '{}', 400, 'Incorrect version specified in apply patch. Specified patch version: , expected: v1'],
  [
    'apply',
    '- a',
    400,
    'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  [
    'apply',
    map('a', { data: { k: 5 } }),
    500,
    `${applied}.data.k: expected string, got &value.valueUnstructured{Value:5}`,
  ],
  ['apply', map('a', { data: [] }), 500, `${applied}.data: expected map, got &{[]}`],
  [
    'apply',
    named({ name: 'a', finalizers: ['x/y', 'x/y'] }),
    500,
    `${applied}.metadata.finalizers: duplicate entries for key [="x/y"]`,
  ],
];

const deletions: readonly [body: string | object, status: number, message: string | RegExp][] = [
  ['{', 500, "couldn't get version/kind; json parse error: unexpected end of JSON input"],
  [
    '[]',
    500,
    `couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type ${typeMeta}`,
  ],
  [
    { kind: 'Pod', apiVersion: 'v1' },
    500,
    'no kind "Pod" is registered for version "v1" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"',
  ],
  [
    { gracePeriodSeconds: 'x' },
    500,
    'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
  ],
  [
    { dryRun: ['Some'] },
    422,
    'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  ],
  [
    { apiVersion: 'apps/v1', kind: 'DeleteOptions', preconditions: { uid: 'zz' } },
    409,
    /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(zz\) does not match the UID in record \([0-9a-f-]{36}\)\. The object might have been deleted and then recreated$/,
  ],
];

test('invalid requests are answered as by upstream', async (t) => {
  await withRestartableApi(async ({ transport }) => {
    const send = async (target: string, { headers = {}, body }: Pick<Exchange, 'headers' | 'body'>) => {
      const [method = '', path = ''] = target.split(' ');
      const response = await transport.request({
        method,
        path,
        headers: { ...(body === undefined ? {} : { 'content-type': json }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { response, text: Buffer.from(await readBody(response)).toString() };
    };
    const check = async (target: string, exchange: Exchange): Promise<void> => {
      const { response, text } = await send(target, exchange);
      const about = `${target} ${JSON.stringify(exchange.body ?? exchange.headers ?? '')}: ${text.slice(0, 500)}`;
      assert.equal(response.status, exchange.status, about);
      const message = messageIn(response, text);
      if (exchange.message instanceof RegExp) assert.match(message, exchange.message, about);
      else if (exchange.message !== undefined) assert.equal(message, exchange.message, about);
      for (const [name, value] of Object.entries(exchange.header ?? {}))
        assert.equal(response.headers[name], value, `${name} of ${about}`);
    };
    const checkAll = async (exchanges: Exchanges): Promise<void> => {
      for (const [target, exchange] of Object.entries(exchanges)) await check(target, exchange);
    };

    await t.test('paths and methods', () => checkAll(paths));
    await t.test('forms of answers', () => checkAll(forms));
    await t.test('parameters', () => checkAll(parameters));
    await t.test('bodies of new objects', async () => {
      for (const [body, contentType, status, message] of bodies)
        await check(`POST ${maps}`, { body, headers: { 'content-type': contentType }, status, message });
      await check('POST /api/v1/namespaces', {
        body: { metadata: { name: 'outside', namespace: 'x' } },
        status: 201,
      });
    });
    await send(`POST ${maps}`, { body: map('a', { data: { k: 'v' } }) });
    await t.test('replacements', async () => {
      for (const [body, status, message] of replacements) await check(`PUT ${maps}/a`, { body, status, message });
      const old = { name: 'a', creationTimestamp: '2001-01-01T00:00:00Z' };
      await check(`PUT ${maps}/a`, { body: named(old), status: 200 });
    });
    await t.test('patches', async () => {
      for (const [kind, body, status, message] of patches)
        await check(`PATCH ${maps}/a?fieldManager=f`, {
          headers: types[kind],
          body,
          status,
          ...(message === undefined ? {} : { message }),
        });
    });
    await t.test('deletions', async () => {
      for (const [body, status, message] of deletions) await check(`DELETE ${maps}/a`, { body, status, message });
    });
    await t.test('the index of paths', async () => {
      const { text } = await send('GET /', {});
      const { paths: found } = JSON.parse(text) as { paths: string[] };
      assert.deepEqual(found, [...found].sort());
      for (const path of ['/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/healthz/ping', '/openapi/v2'])
        assert.ok(found.includes(path), path);
    });
  });
});

function messageIn(response: ApiResponse, text: string): string {
  if (response.headers['content-type'] !== json || !text.startsWith('{')) return text;
  const { message = '' } = JSON.parse(text) as { message?: string };
  return message;
}

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const scale = (metadata: object) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata,
  spec: { replicas: 4 },
});

const parts: Exchanges = {
  [`GET ${deployments}/none/scale`]: { status: 404, message: 'deployments/scale.apps "none" not found' },
  [`GET ${deployments}/web/scale`]: {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    status: 200,
  },
  [`PUT ${deployments}/web/scale`]: {
    body: scale({ name: 'other' }),
    status: 400,
    message: 'the name of the object (other) does not match the name on the URL (web)',
  },
  [`PUT ${deployments}/web/scale?pretty=false`]: {
    body: scale({ name: 'web', uid: 'x' }),
    status: 409,
    message:
      /^Operation cannot be fulfilled on deployments\.apps "web": StorageError: invalid object, Code: 4, Key: \/registry\/deployments\/default\/web, /,
  },
  [`PATCH ${deployments}/web/scale`]: {
    headers: types.merge,
    body: { spec: { replicas: 'x' } },
    status: 422,
    message: /^ "" is invalid: patch: Invalid value: /,
  },
  [`GET ${pods}/web/log`]: { status: 204, header: { 'content-type': undefined } },
  [`GET ${pods}/web/log?tailLines=-1`]: {
    status: 422,
    message: 'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  },
  [`GET ${pods}/web/log?sinceTime=x`]: {
    status: 400,
    message: 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  },
  [`GET ${pods}/lost/log`]: { status: 404, message: 'pods "gone" not found' },
  [`GET ${pods}/a:b:c:d/proxy/`]: { status: 400, message: 'invalid pod request "a:b:c:d"' },
  'GET /api/v1/namespaces/default/services/plain:none/proxy/': {
    status: 404,
    message: 'services "plain" not found',
  },
  [`POST ${pods}/web/binding`]: {
    body: { metadata: { name: 'web' }, target: { kind: 'Moon', name: 'n' } },
    status: 500,
    message: 'target.kind: Unsupported value: "Moon": supported values: "Node", "<empty>"',
  },
  'POST /api/v1/namespaces/default/bindings': {
    body: { metadata: { name: 'web' }, target: { kind: 'Node', name: 'n' } },
    status: 201,
  },
  'POST /api/v1/namespaces/default/bindings?pretty=false': {
    body: { metadata: {}, target: { kind: 'Node', name: 'n' } },
    status: 400,
    message: 'Name parameter required.',
  },
  [`POST ${pods}/web/eviction`]: {
    body: {},
    status: 400,
    message: 'name in URL does not match name in Eviction object',
  },
  [`POST ${pods}/web/eviction?dryRun=All`]: {
    body: { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'web' } },
    status: 201,
  },
  [`PATCH ${pods}/web/status`]: {
    headers: types.merge,
    body: { status: { nominatedNodeName: 'A_B' } },
    status: 422,
    message: /^Pod "web" is invalid: status\.nominatedNodeName: Invalid value: "A_B": a lowercase RFC 1123 subdomain/,
  },
  'GET /api/v1/componentstatuses/none': { status: 500, message: 'Component not found: none' },
  'GET /api/v1/componentstatuses/etcd-0': { status: 200 },
};

test("subresources answer as upstream's", async () => {
  await withRestartableApi(
    async ({ transport }) => {
      const send = async (target: string, { headers = {}, body }: Pick<Exchange, 'headers' | 'body'>) => {
        const [method = '', path = ''] = target.split(' ');
        const response = await transport.request({
          method,
          path,
          headers: { 'content-type': json, ...headers },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return { response, text: Buffer.from(await readBody(response)).toString() };
      };
      await send(`POST ${deployments}`, {
        body: { metadata: { name: 'web' }, spec: { selector: { matchLabels: { a: 'b' } }, template } },
      });
      for (const [name, nodeName] of [
        ['web', undefined],
        ['lost', 'gone'],
      ])
        await send(`POST ${pods}`, { body: { metadata: { name }, spec: { ...template.spec, nodeName } } });
      await send('POST /api/v1/namespaces/default/services', {
        body: { metadata: { name: 'plain' }, spec: { ports: [{ port: 80 }] } },
      });
      for (const [target, exchange] of Object.entries(parts)) {
        const { response, text } = await send(target, exchange);
        const about = `${target}: ${text.slice(0, 500)}`;
        assert.equal(response.status, exchange.status, about);
        if (exchange.message instanceof RegExp) assert.match(messageIn(response, text), exchange.message, about);
        else if (exchange.message !== undefined) assert.equal(messageIn(response, text), exchange.message, about);
        for (const [name, value] of Object.entries(exchange.header ?? {}))
          assert.equal(response.headers[name], value, `${name} of ${about}`);
      }
    },
    ['--disable-admission-plugins=ServiceAccount'],
  );
});
