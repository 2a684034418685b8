import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type HttpTransportOptions, httpTransport, readBody, type Transport } from '@typernetes/client';
import type { Status } from '@typernetes/machinery';
import { makeServerPlace, type RunningServer, startServer } from './server-program.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const place = await makeServerPlace();
let server: RunningServer;
let admin: Transport;
before(async () => {
  server = await startServer(place, { flags: ['--anonymous-auth=false'] });
  admin = place.connect();
});
after(async () => {
  admin.close();
  await server.end('SIGTERM');
  place.remove();
});

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(transport: Transport, { method = 'POST', path = maps, body, headers }: Sent) {
  const response = await transport.request({
    method,
    path,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = Buffer.from(await readBody(response)).toString();
  return { status: response.status, headers: response.headers, value: JSON.parse(text) as Status };
}

const named = (name: string, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...rest,
});
const get = (query: string): Sent => ({ method: 'GET', path: `${maps}?${query}` });
const merge = { 'content-type': 'application/merge-patch+json' };

const tokenOf = (token: object): string => Buffer.from(JSON.stringify(token)).toString('base64url');

/** Requests with the code, reason and message of their errors. */
const refusals: Readonly<Record<string, readonly [Sent, number, string, string | RegExp]>> = {
  'an unknown field, strictly': [
    { path: `${maps}?fieldValidation=Strict`, body: named('a', { datas: {} }) },
    400,
    'BadRequest',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datas"',
  ],
  'a repeated field, strictly': [
    { path: `${maps}?fieldValidation=Strict`, body: '{"metadata":{"name":"a"},"data":{"a":"1","a":"2"}}' },
    400,
    'BadRequest',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a"',
  ],
  'a number for a string': [
    { body: named('a', { data: { a: 1 } }) },
    400,
    'BadRequest',
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
  'broken JSON': [
    { body: '{"metadata":' },
    400,
    'BadRequest',
    'the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"metadata":)',
  ],
  'broken YAML': [
    { body: 'metadata: [', headers: { 'content-type': 'application/yaml' } },
    400,
    'BadRequest',
    /^the object provided is unrecognized \(must be of type ConfigMap\): yaml: line \d+: .* \(6d657461646174613a205b\)$/s,
  ],
  'another kind': [
    { body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } } },
    400,
    'BadRequest',
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  ],
  'too large a body': [
    { body: named('a', { data: { a: 'x'.repeat(3 * 1024 * 1024) } }) },
    413,
    'RequestEntityTooLarge',
    'Request entity too large: limit is 3145728',
  ],
  'an unknown media type': [
    { body: '<a/>', headers: { 'content-type': 'text/xml' } },
    415,
    'UnsupportedMediaType',
    /^the body of the request was in an unknown format - accepted media types include: application\/json/,
  ],
  'an object that is not there, by its uid': [
    { method: 'PUT', path: `${maps}/absent`, body: { metadata: { name: 'absent', uid: 'x' } } },
    409,
    'Conflict',
    'Operation cannot be fulfilled on configmaps "absent": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/absent, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: ',
  ],
  'a name that is none, of a part that is none': [
    { method: 'GET', path: `${maps}/../configmaps` },
    404,
    'NotFound',
    'the server could not find the requested resource',
  ],
  'a patch of an unknown type': [
    { method: 'PATCH', path: `${maps}/kube-root-ca.crt`, body: '{}', headers: { 'content-type': 'application/json' } },
    415,
    'UnsupportedMediaType',
    /accepted media types include: application\/json-patch\+json, application\/merge-patch\+json/,
  ],
  'an unsupported media type for the response': [
    { method: 'GET', headers: { accept: 'text/html' } },
    406,
    'NotAcceptable',
    /^406: Not Acceptable\n\nAvailable representations: application\/json, application\/yaml/,
  ],
  'a wrong name': [
    { body: named('A_b') },
    422,
    'Invalid',
    /^ConfigMap "A_b" is invalid: metadata\.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of/,
  ],
  'no name': [{ body: named('') }, 422, 'Invalid', /metadata\.name: Required value: name or generateName is required$/],
  'another namespace': [
    { body: { metadata: { name: 'a', namespace: 'other' } } },
    400,
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
  ],
  'a missing namespace': [
    { path: '/api/v1/namespaces/none/configmaps', body: named('a') },
    404,
    'NotFound',
    'namespaces "none" not found',
  ],
  'an invalid label selector': [
    get(`labelSelector=${encodeURIComponent('a in (')}`),
    400,
    'BadRequest',
    /^unable to parse requirement: found '', expected: /,
  ],
  'an invalid label key': [
    get(`labelSelector=${encodeURIComponent('-a=b')}`),
    400,
    'BadRequest',
    /^unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of/,
  ],
  'an unsupported field selector': [
    get('fieldSelector=spec.x%3Dy'),
    400,
    'BadRequest',
    '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
  'an invalid field selector': [
    get('fieldSelector=x'),
    400,
    'BadRequest',
    "invalid selector: 'x'; can't understand 'x'",
  ],
  'an invalid revision': [
    get('resourceVersion=x'),
    400,
    'BadRequest',
    'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  ],
  'a resourceVersionMatch without a revision': [
    get('resourceVersionMatch=Exact'),
    422,
    'Invalid',
    /resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided/,
  ],
  'an invalid continue token': [
    get('limit=1&continue=x'),
    400,
    'BadRequest',
    /^invalid continue token: continue key is not valid: /,
  ],
  'a continue token without a revision': [
    get(`continue=${tokenOf({ v: 'meta.k8s.io/v1', start: 'default/a' })}`),
    400,
    'BadRequest',
    'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
  ],
  'a continue token of another format': [
    get(`continue=${tokenOf({ v: 'v2' })}`),
    400,
    'BadRequest',
    'invalid continue token: continue key is not valid: server does not recognize this encoded version "v2"',
  ],
  'a future revision': [
    get('resourceVersion=99999999'),
    504,
    'Timeout',
    /^Timeout: Too large resource version: 99999999, current: \d+$/,
  ],
  'an unsupported field selector for pods': [
    { method: 'GET', path: '/api/v1/pods?fieldSelector=spec.x%3Dy' },
    400,
    'BadRequest',
    'field label not supported: spec.x',
  ],
  'an unsupported field selector for jobs': [
    { method: 'GET', path: '/apis/batch/v1/jobs?fieldSelector=spec.x%3Dy' },
    400,
    'BadRequest',
    'field label "spec.x" not supported for Job',
  ],
  'an empty body': [
    { body: '' },
    400,
    'BadRequest',
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  ],
  'a nonexistent version': [
    { body: { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'a' } } },
    400,
    'BadRequest',
    'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  ],
  'another version of the kind': [
    {
      path: '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
      body: { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'a' } },
    },
    400,
    'BadRequest',
    'the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)',
  ],
  'a creation at the path of an object': [
    { path: `${maps}/a`, body: named('a') },
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  ],
  'force in a patch other than apply': [
    { method: 'PATCH', path: '/api/v1/namespaces/default?force=true', body: '{}', headers: merge },
    422,
    'Invalid',
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  ],
  'an apply with a uid of no object': [
    {
      method: 'PATCH',
      path: `${maps}/gone?fieldManager=a`,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gone', uid: 'abc' } },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    },
    409,
    'Conflict',
    'Operation cannot be fulfilled on configmaps "gone": uid mismatch: the provided object specified uid abc, and no existing object was found',
  ],
  'a merge patch whose result has a wrong type': [
    { method: 'PATCH', path: '/api/v1/namespaces/default', body: '{"spec":{"finalizers":"x"}}', headers: merge },
    422,
    'Invalid',
    /^ "" is invalid: patch: Invalid value: "\{.*": json: cannot unmarshal string into Go struct field \S+\.finalizers of type \S+$/,
  ],
  'a strategic merge patch whose result has a wrong type': [
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/default',
      body: '{"spec":{"finalizers":"x"}}',
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    },
    422,
    'Invalid',
    ' "" is invalid: patch: Invalid value: "map[spec:map[finalizers:x]]": cannot restore slice from string',
  ],
  'a patch into another namespace': [
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/default/services/kubernetes',
      body: '{"metadata":{"namespace":"x"}}',
      headers: merge,
    },
    400,
    'BadRequest',
    'the namespace of the object (x) does not match the namespace on the request (default)',
  ],
  'an invalid patch of a missing object': [
    { method: 'PATCH', path: `${maps}/nothing`, body: '{', headers: merge },
    404,
    'NotFound',
    'configmaps "nothing" not found',
  ],
  'a list instead of an object': [
    { method: 'POST', path: maps, body: { kind: 'List', apiVersion: 'v1', items: [] } },
    400,
    'BadRequest',
    'List in version "v1" cannot be handled as a ConfigMap: converting (v1.List) to (core.ConfigMap): unknown conversion',
  ],
  'a patch with an unknown field, strictly': [
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/default?fieldValidation=Strict',
      body: '{"spec":{"x":"y"}}',
      headers: merge,
    },
    422,
    'Invalid',
    /^ "" is invalid: patch: Invalid value: ".*": strict decoding error: unknown field "spec\.x"$/,
  ],
  'two deletion policies': [
    { method: 'DELETE', path: `${maps}/a`, body: { propagationPolicy: 'Orphan', orphanDependents: true } },
    422,
    'Invalid',
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
  ],
  'an invalid deletion policy': [
    { method: 'DELETE', path: `${maps}/a`, body: { propagationPolicy: 'Never' } },
    422,
    'Invalid',
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Never": supported values: "Foreground", "Background", "Orphan", "nil"',
  ],
  'an invalid grace period': [
    { method: 'DELETE', path: `${maps}/a?gracePeriodSeconds=soon` },
    400,
    'BadRequest',
    'strconv.ParseInt: parsing "soon": invalid syntax',
  ],
  'an invalid limit': [get('limit=x'), 400, 'BadRequest', /^strconv.ParseInt: parsing "x": invalid syntax/],
  'an invalid dryRun value': [
    { path: `${maps}?dryRun=Some`, body: named('a') },
    422,
    'Invalid',
    /dryRun: (Invalid value|Unsupported value)/,
  ],
  'a manager with a long name': [
    { path: `${maps}?fieldManager=${'x'.repeat(129)}`, body: named('a') },
    422,
    'Invalid',
    /fieldManager: Too long: may not be more than 128 bytes$/,
  ],
  'an unknown field validation': [
    { path: `${maps}?fieldValidation=Sometimes`, body: named('a') },
    422,
    'Invalid',
    /fieldValidation: Unsupported value: "Sometimes": supported values: "", "Ignore", "Strict", "Warn"$/,
  ],
  'a merge patch that is not an object': [
    { method: 'PATCH', path: '/api/v1/namespaces/default', body: '[]', headers: merge },
    400,
    'BadRequest',
    /^error decoding patch: /,
  ],
  'an apply without a manager': [
    {
      method: 'PATCH',
      path: `${maps}/a`,
      body: named('a'),
      headers: { 'content-type': 'application/apply-patch+yaml' },
    },
    422,
    'Invalid',
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  ],
  'a delete of another object': [
    {
      method: 'DELETE',
      path: '/api/v1/namespaces/default/services/kubernetes',
      body: { preconditions: { uid: 'nobody' } },
    },
    409,
    'Conflict',
    /^Operation cannot be fulfilled on Service "kubernetes": the UID in the precondition \(nobody\) does not match the UID in record \([0-9a-f-]{36}\)\. The object might have been deleted and then recreated$/,
  ],
  'an update of an old version': [
    {
      method: 'PUT',
      path: '/api/v1/namespaces/default',
      body: { metadata: { name: 'default', resourceVersion: '1' } },
    },
    409,
    'Conflict',
    'Operation cannot be fulfilled on namespaces "default": the object has been modified; please apply your changes to the latest version and try again',
  ],
  'an update under another name': [
    { method: 'PUT', path: '/api/v1/namespaces/default', body: { metadata: { name: 'other' } } },
    400,
    'BadRequest',
    'the name of the object (other) does not match the name on the URL (default)',
  ],
  'a wrong time limit': [
    get('timeout=soon'),
    400,
    'BadRequest',
    'invalid timeout specified in the request URL - time: invalid duration "soon"',
  ],
  'an unknown resource': [
    { method: 'GET', path: '/apis/apps/v1/things' },
    404,
    'NotFound',
    'the server could not find the requested resource',
  ],
  'a method that is not served': [
    { method: 'DELETE', path: '/api/v1/namespaces' },
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  ],
};

describe("the API server rejects with upstream's messages", () => {
  for (const [what, [sent, code, reason, message]] of Object.entries(refusals))
    it(what, async () => {
      const { status, value } = await ask(admin, sent);
      const { kind, reason: given, code: codeInside, message: text = '' } = value;
      assert.deepEqual([status, given, codeInside, kind], [code, reason, code, 'Status'], text);
      if (typeof message === 'string') assert.equal(text, message);
      else assert.match(text, message);
    });

  it('warns of an unknown field if requested', async () => {
    const { status, headers } = await ask(admin, { body: named('warned', { datas: {} }) });
    assert.deepEqual([status, headers.warning], [201, '299 - "unknown field \\"datas\\""']);
  });

  it('unauthenticated requests', async () => {
    const unauthorized = async (options: Omit<HttpTransportOptions, 'server'>): Promise<void> => {
      const transport = httpTransport({ server: place.server, ...options });
      try {
        const { status, value } = await ask(transport, { method: 'GET' });
        assert.deepEqual([status, value.reason, value.message], [401, 'Unauthorized', 'Unauthorized']);
      } finally {
        transport.close();
      }
    };
    const { ca } = place.tls;
    await unauthorized({ tls: { ca } });
    await unauthorized({ tls: { ca }, token: 'nonsense' });
    await unauthorized({ tls: { ca, ...(await place.identify({ expired: true })) } });
    await unauthorized({ tls: { ca, ...(await place.identify({ foreign: true })) } });
    const strangers = httpTransport({ server: place.server });
    await assert.rejects(ask(strangers, { method: 'GET' }), /self-signed certificate|unable to|issuer/);
    strangers.close();
  });
});
