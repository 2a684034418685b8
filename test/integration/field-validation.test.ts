import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBody, type Transport } from '@typernetes/client';
import { eventually, withRestartableApi } from './api.ts';

/** Which unknown and duplicate fields are reported, in which order and with which messages. */

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly warnings: readonly string[];
}

type Write = (target: string, body: string, contentType: string) => Promise<Answer>;

const writing =
  (transport: Transport): Write =>
  async (target, body, contentType) => {
    const [method = '', path = ''] = target.split(' ');
    const response = await transport.request({ method, path, body, headers: { 'content-type': contentType } });
    const text = Buffer.from(await readBody(response)).toString();
    const { message = '' } = text.startsWith('{') ? JSON.parse(text) : {};
    const header = [response.headers.warning ?? []].flat().join(', ');
    const warnings = [...header.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, quoted = '']) => JSON.parse(quoted));
    return { code: response.status, message, warnings };
  };

/**
 * Writes twice: with strict validation, where the error lists all problems, and with warnings, one for each. `strict`
 * is the end of the error.
 */
async function check(
  write: Write,
  { target, body, type, strict }: { target: string; body: string; type: string; strict: string },
  warnings: readonly string[],
): Promise<void> {
  const joint = target.includes('?') ? '&' : '?';
  const refused = await write(`${target}${joint}fieldValidation=Strict&dryRun=All`, body, type);
  assert.ok(refused.code >= 400, `${target}: ${refused.code}`);
  assert.ok(refused.message.endsWith(`: ${strict}`), `${refused.message}\ndoes not end with\n${strict}`);
  const warned = await write(`${target}${joint}dryRun=All`, body, type);
  assert.ok(warned.code < 300, warned.message);
  assert.deepEqual(warned.warnings, warnings);
  const ignored = await write(`${target}${joint}fieldValidation=Ignore&dryRun=All`, body, type);
  assert.ok(ignored.code < 300, ignored.message);
  assert.deepEqual(ignored.warnings, []);
}

const listed = (warnings: readonly string[]): string => `strict decoding error: ${warnings.join(', ')}`;
const behindLines = (lines: readonly string[], warnings: readonly string[]): string =>
  listed([`yaml: unmarshal errors:\n  ${lines.join('\n  ')}`, ...warnings]);

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const json = 'application/json';
const yaml = 'application/yaml';
const apply = 'application/apply-patch+yaml';
const patchTypes = ['application/merge-patch+json', 'application/strategic-merge-patch+json'];

const good =
  '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","labels":{"app":"a"}},"spec":{"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}';
const bad = good
  .replace('"name":"d"', '"name":"x","name":"d","later":1')
  .replace('"spec":{"selector"', '"spec":{"zeta":1,"twice":1,"twice":2,"paused":true,"paused":false,"selector"')
  .replace('"image":"i"', '"image":"i","nested":1,"imagePullPolicy":"Always","imagePullPolicy":"Never"');
const badYaml = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: x
  name: d
  later: 1
spec:
  zeta: 1
  twice: 1
  twice: 2
  paused: true
  paused: false
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
      - name: c
        image: i
        nested: 1
        imagePullPolicy: Always
        imagePullPolicy: Never
`;
const lines = [
  'line 5: key "name" already set in map',
  'line 10: key "twice" already set in map',
  'line 12: key "paused" already set in map',
  'line 22: key "imagePullPolicy" already set in map',
];
const badSpec =
  '{"spec":{"zeta":1,"twice":1,"twice":2,"paused":true,"paused":false,"template":{"spec":{"containers":[{"name":"c","image":"i","nested":1,"imagePullPolicy":"Always","imagePullPolicy":"Never"}]}}}}';
const badOperations =
  '[{"op":"add","path":"/spec/zeta","value":1,"more":2},{"op":"add","path":"/spec/one","path":"/spec/alpha","value":1},{"op":"add","path":"/spec/template/spec/containers/0/nested","value":1}]';

test('problems in fields of a built-in kind are reported in the order of the text; in other formats duplicates come first', () =>
  withRestartableApi(async ({ transport }) => {
    const write = writing(transport);
    const inText = [
      'duplicate field "metadata.name"',
      'unknown field "metadata.later"',
      'unknown field "spec.zeta"',
      'unknown field "spec.twice"',
      'duplicate field "spec.paused"',
      'unknown field "spec.template.spec.containers[0].nested"',
      'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
    ];
    const post = `POST ${deployments}`;
    await check(write, { target: post, body: bad, type: json, strict: listed(inText) }, inText);
    const unknown = [
      'unknown field "metadata.later"',
      'unknown field "spec.template.spec.containers[0].nested"',
      'unknown field "spec.twice"',
      'unknown field "spec.zeta"',
    ];
    const strict = behindLines(lines, unknown);
    await check(write, { target: post, body: badYaml, type: yaml, strict }, [...lines, ...unknown]);
    await write(post, good, json);
    const put = `PUT ${deployments}/d`;
    await check(write, { target: put, body: bad, type: json, strict: listed(inText) }, inText);
    const patch = `PATCH ${deployments}/d`;
    for (const type of patchTypes) {
      const problems = [
        'duplicate field "spec.twice"',
        'duplicate field "spec.paused"',
        'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
        ...unknown.slice(1),
      ];
      await check(write, { target: patch, body: badSpec, type, strict: listed(problems) }, problems);
    }
    const operations = [
      'json patch unknown field "[0].more"',
      'json patch duplicate field "[1].path"',
      'unknown field "spec.alpha"',
      'unknown field "spec.template.spec.containers[0].nested"',
      'unknown field "spec.zeta"',
    ];
    const operationsType = 'application/json-patch+json';
    await check(
      write,
      { target: patch, body: badOperations, type: operationsType, strict: listed(operations) },
      operations,
    );
    const shown = await write(`${patch}?fieldValidation=Strict`, '{"spec":{"zeta":1}}', patchTypes[1] ?? '');
    assert.equal(
      shown.message,
      ' "" is invalid: patch: Invalid value: "map[spec:map[zeta:1]]": strict decoding error: unknown field "spec.zeta"',
    );
  }));

test('duplicate keys in an apply configuration are reported with their lines, and the last one wins', () =>
  withRestartableApi(async ({ transport }) => {
    const write = writing(transport);
    const body = badYaml.replace(/^ +(later|zeta|twice|nested): .*\n/gm, '');
    const repeated = [
      'line 5: key "name" already set in map',
      'line 8: key "paused" already set in map',
      'line 17: key "imagePullPolicy" already set in map',
    ];
    const strict = `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${repeated.join('\n  ')}`;
    const target = `PATCH ${deployments}/d?fieldManager=m`;
    const refused = await write(`${target}&fieldValidation=Strict`, body, apply);
    assert.deepEqual([refused.code, refused.message], [400, strict]);
    assert.deepEqual((await write(target, body, apply)).warnings, repeated);
    const asJson = good.replace('"spec":{', '"spec":{"paused":true,\n"paused":false,');
    assert.deepEqual((await write(target, asJson, apply)).warnings, ['line 2: key "paused" already set in map']);
  }));

test('for a custom resource duplicates come first, then unknown fields: metadata, schema, embedded objects', () =>
  withRestartableApi(async ({ transport }) => {
    const write = writing(transport);
    const names = { plural: 'widgets', kind: 'Widget' };
    const item = { type: 'object', properties: { port: { type: 'integer' } } };
    const properties = {
      known: { type: 'string' },
      ports: { type: 'array', items: item },
      inner: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      },
    };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } };
    const versions = [{ name: 'v1', served: true, storage: true, schema }];
    const definition = {
      metadata: { name: 'widgets.example.com' },
      spec: { group: 'example.com', scope: 'Cluster', names, versions },
    };
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await write(`POST ${definitions}`, JSON.stringify(definition), json);
    const head = '"apiVersion":"example.com/v1","kind":"Widget"';
    await eventually(async () => {
      const { code } = await write('POST /apis/example.com/v1/widgets', `{${head},"metadata":{"name":"w"}}`, json);
      return code === 201 || undefined;
    });
    const spec =
      '"spec":{"zeta":1,"twice":1,"twice":2,"inner":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","odd":1}},"known":"a","known":"b","ports":[{"port":1,"nested":1,"port":2}]}';
    const repeated = [
      'duplicate field "spec.twice"',
      'duplicate field "spec.known"',
      'duplicate field "spec.ports[0].port"',
    ];
    const unknown = [
      'unknown field "spec.ports[0].nested"',
      'unknown field "spec.twice"',
      'unknown field "spec.zeta"',
      'unknown field "spec.inner.metadata.odd"',
    ];
    const whole = ['duplicate field "metadata.name"', ...repeated, 'unknown field "metadata.later"', ...unknown];
    const body = `{${head},"metadata":{"name":"a","later":1,"name":"b"},${spec}}`;
    const target = 'POST /apis/example.com/v1/widgets';
    await check(write, { target, body, type: json, strict: listed(whole) }, whole);
    const patch = 'PATCH /apis/example.com/v1/widgets/w';
    const type = 'application/merge-patch+json';
    const inPatch = [...repeated, ...unknown];
    await check(write, { target: patch, body: `{${spec}}`, type, strict: listed(inPatch) }, inPatch);
    const text = `apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\n  name: b\nspec:\n  zeta: 1\n`;
    const line = 'line 5: key "name" already set in map';
    const zeta = 'unknown field "spec.zeta"';
    await check(write, { target, body: text, type: yaml, strict: behindLines([line], [zeta]) }, [line, zeta]);
  }));
