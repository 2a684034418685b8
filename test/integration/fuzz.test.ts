import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeProtobuf } from '@typernetes/api/protobuf';
import { readBody, type Transport } from '@typernetes/client';
import fc from 'fast-check';
import { eventually, withRestartableApi } from './api.ts';

/** Invalid bodies, paths, headers and patches: every request is answered, none with an internal error. */

const maps = '/api/v1/namespaces/default/configmaps';
const json = 'application/json';
const protobuf = 'application/vnd.kubernetes.protobuf';
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** The status of the response, which is read to the end; watches are left at once. */
async function statusOf(transport: Transport, request: Request): Promise<number> {
  return (await answerTo(transport, request)).status;
}

async function answerTo(transport: Transport, request: Request): Promise<{ status: number; text: string }> {
  const stop = new AbortController();
  const response = await transport.request({ ...request, signal: stop.signal });
  const isWatch = /[?&]watch=|\/watch\//.test(request.path);
  const text = isWatch ? '' : Buffer.from(await readBody(response)).toString();
  stop.abort();
  return { status: response.status, text };
}

const name = fc.oneof(
  fc.constantFrom('a', '__proto__', 'constructor', '..', '%2e%2e', '%', 'x'.repeat(300)),
  fc.string(),
);
const key = fc.oneof(
  fc.constantFrom('metadata', 'spec', 'data', 'name', '__proto__', '$patch', 'managedFields'),
  fc.string(),
);
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, 0, -1, 1e300, '', 'a', '1Gi'),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
})).value;
const body = fc.oneof(
  anything.map((value) => JSON.stringify(value)),
  anything.map((value) => JSON.stringify({ metadata: { name: 'a' }, data: value })),
  fc.string(),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(
    '{',
    '[',
    '"',
    '{"metadata":{"name":"a"}}}',
    'a: &a [*a]',
    '\u0000',
    '[{"op":"copy","from":"","path":"/data/x"}]',
  ),
);
const contentType = fc.oneof(
  fc.constantFrom(json, protobuf, 'application/yaml', '', 'text/plain; x', ...patchTypes),
  fc.string(),
);
const safeHeader = (text: string): string => text.replace(/[^\u0020-\u007e]/g, '?');
const request: fc.Arbitrary<Request> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW'),
  path: fc.oneof(
    name.map((one) => `${maps}/${encodeURI(one).slice(0, 400)}`),
    fc
      .tuple(
        fc.constantFrom(
          'limit',
          'continue',
          'resourceVersion',
          'fieldSelector',
          'labelSelector',
          'timeoutSeconds',
          'fieldManager',
          'dryRun',
          'watch',
          'pretty',
        ),
        fc.string(),
      )
      .map(([parameter, value]) => `${maps}?${parameter}=${encodeURIComponent(value.toWellFormed())}`),
    fc
      .array(
        fc.constantFrom('api', 'apis', 'v1', 'apps', 'namespaces', 'watch', 'proxy', 'pods', 'status', 'log', '', '..'),
        { maxLength: 8 },
      )
      .map((parts) => `/${parts.join('/')}`),
  ),
  headers: fc.record({
    'content-type': contentType.map(safeHeader),
    accept: fc.oneof(contentType, fc.string()).map(safeHeader),
  }),
  body,
});

/**
 * Responses that say that something is not possible here are fine, and so are errors for which upstream has no class;
 * any other 500 is a defect.
 */
const isDefect = ({ status, text }: { status: number; text: string }): boolean =>
  status === 500 ? text.includes('InternalError') : status > 500 && ![501, 503, 504].includes(status);

async function stillServes(transport: Transport): Promise<void> {
  const headers = { 'content-type': json, accept: json };
  const created = { metadata: { name: 'still-here' }, data: { a: 'b' } };
  assert.equal(await statusOf(transport, { method: 'POST', path: maps, headers, body: JSON.stringify(created) }), 201);
  assert.equal(await statusOf(transport, { method: 'GET', path: `${maps}/still-here`, headers }), 200);
  assert.equal(await statusOf(transport, { method: 'DELETE', path: `${maps}/still-here`, headers }), 200);
}

test('no request makes the server fail', async () => {
  await withRestartableApi(async ({ transport }) => {
    const headers = { 'content-type': json, accept: json };
    await statusOf(transport, {
      method: 'POST',
      path: maps,
      headers,
      body: '{"metadata":{"name":"a"},"data":{"k":"v"}}',
    });
    await fc.assert(
      fc.asyncProperty(request, async (one) => {
        const { body: sent, ...rest } = one;
        const answer = await answerTo(transport, ['GET', 'HEAD'].includes(one.method) ? rest : { ...rest, body: sent });
        assert.ok(!isDefect(answer), `${answer.status}: ${answer.text}`);
      }),
      { numRuns: 600 },
    );
    await stillServes(transport);
  });
});

test('rejects huge, deep and broken bodies', async () => {
  await withRestartableApi(async ({ transport }) => {
    const post = async (sent: Uint8Array | string, type = json): Promise<{ code: number; message: string }> => {
      const response = await transport.request({
        method: 'POST',
        path: maps,
        headers: { 'content-type': type },
        body: sent,
      });
      return JSON.parse(Buffer.from(await readBody(response)).toString());
    };
    const huge = await post(`{"metadata":{"name":"a"},"data":{"a":"${'x'.repeat(10 * 1024 * 1024)}"}}`);
    assert.deepEqual([huge.code, huge.message], [413, 'Request entity too large: limit is 3145728']);
    const deep = '['.repeat(500_000);
    for (const [sent, type] of [
      [deep, json],
      [deep, 'application/yaml'],
      [`{"metadata":{"name":"a"},"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, json],
      [Uint8Array.of(0x6b, 0x38, 0x73, 0, 0xff, 0xff, 0xff), protobuf],
      [encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap' }).subarray(0, 20), protobuf],
    ] as const) {
      const { code } = await post(sent, type);
      assert.equal(code, 400, `${type} of ${sent.length}`);
    }
    await stillServes(transport);
  });
});

test('watches that nobody reads, or that are abandoned, leave nothing behind', async () => {
  await withRestartableApi(async ({ transport }) => {
    const stop = new AbortController();
    const watches = await Promise.all(
      Array.from({ length: 2000 }, () =>
        transport.request({
          method: 'GET',
          path: `${maps}?watch=true`,
          signal: stop.signal,
          headers: { accept: json },
        }),
      ),
    );
    await stillServes(transport);
    stop.abort();
    // Each body ends, with the reason of the abort.
    const ends = await Promise.allSettled(watches.map((watch) => readBody(watch)));
    assert.ok(ends.every(({ status }) => status === 'rejected'));
    await eventually(async () => {
      await stillServes(transport);
      return true;
    });
  });
});
