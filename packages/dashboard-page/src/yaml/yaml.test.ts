import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiObject, StatusError } from '@typernetes/machinery';
import { carriedOver } from './carried-over.ts';
import { lineOfField, stepsOf } from './field-line.ts';
import { problemsAt } from './field-problems.ts';
import { hunksOf, lineDiff } from './line-diff.ts';
import { documentsOf, yamlOf } from './text.ts';

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
spec:
  replicas: -1
  template:
    spec:
      containers:
      - name: web
        image: ''
        env:
        - name: A
          value: 1
      -   name: second
          ports:
          - containerPort: 99999
            protocol: TCP
`;

const lines: readonly (readonly [field: string, line: number])[] = [
  ['spec.replicas', 8],
  ['metadata.labels["app.kubernetes.io/name"]', 6],
  ['spec.template.spec.containers[0].image', 13],
  ['spec.template.spec.containers[0].name', 12],
  ['spec.template.spec.containers[0].env[0].value', 16],
  ['spec.template.spec.containers[1]', 17],
  ['spec.template.spec.containers[1].ports[0].containerPort', 19],
  ['spec.template.spec.containers[1].ports[0].protocol', 20],
  // What is missing is shown where it would be.
  ['spec.selector', 7],
  ['spec.template.spec.containers[0].resources.limits', 12],
  ['status', 1],
];

for (const [field, line] of lines)
  test(`${field} stands on line ${line}`, () => assert.equal(lineOfField(manifest, field), line));

test('paths have steps', () => {
  assert.deepEqual(stepsOf('spec.a[0].b[key].c["x.y/z"]'), ['spec', 'a', 0, 'b', 'key', 'c', 'x.y/z']);
});

test('what the server has against a manifest is shown at its lines', () => {
  const invalid = new StatusError('Invalid', 'Deployment.apps "web" is invalid', {
    details: { causes: [{ field: 'spec.replicas', message: 'Invalid value: -1', reason: 'FieldValueInvalid' }] },
  });
  assert.deepEqual(problemsAt(invalid, manifest, 10), [{ message: 'spec.replicas: Invalid value: -1', line: 17 }]);
  const strict = new StatusError(
    'BadRequest',
    'strict decoding error: unknown field "spec.template.spec.containers[0].imag", duplicate field "spec.replicas"',
  );
  assert.deepEqual(
    problemsAt(strict, manifest).map(({ line }) => line),
    [12, 8],
  );
  assert.deepEqual(problemsAt(new StatusError('Forbidden', 'no'), manifest), [{ message: 'no', line: 0 }]);
});

test('documents know where they begin, and problems where they are', async () => {
  const read = await documentsOf(
    '# first\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n\n---\napiVersion: v1\nkind: B\nmetadata: {name: b}\n',
  );
  assert.deepEqual('documents' in read && read.documents.map(({ object, line }) => [object.kind, line]), [
    ['A', 3],
    ['B', 9],
  ]);
  const problem = async (text: string) => {
    const read = await documentsOf(text);
    return 'problem' in read ? [read.problem.line, read.problem.message] : undefined;
  };
  assert.deepEqual(await problem('a: b\n---\nkind: X\n'), [1, 'apiVersion is missing']);
  assert.equal((await problem('apiVersion: v1\nkind: A\nmetadata: {}\n---\na: [\n'))?.[0], 6);
  assert.deepEqual(await problem('\n---\n'), [0, 'There is nothing in it']);
  assert.match(String((await problem('- a'))?.[1]), /no object/);
});

test('an object as people read it begins with what it is, and has no managed fields', async () => {
  const object = {
    spec: { text: 'a\nb\n' },
    metadata: { name: 'x', managedFields: [{}] },
    kind: 'K',
    apiVersion: 'v1',
  };
  assert.equal(
    await yamlOf(object as unknown as ApiObject),
    'apiVersion: v1\nkind: K\nmetadata:\n  name: x\nspec:\n  text: |\n    a\n    b\n',
  );
});

test('differences are what a reader would mark', () => {
  const marked = (a: string, b: string): string =>
    lineDiff(a, b)
      .map(({ kind, text }) => ({ same: ' ', added: '+', removed: '-' })[kind] + text)
      .join('|');
  assert.equal(marked('a\nb\nc\nd', 'a\nx\nc\nd'), ' a|-b|+x| c| d');
  assert.equal(marked('a\nb', 'a\nb'), ' a| b');
  assert.equal(marked('a\nb\nc\nd\ne', 'b\nx\nd\nd2'), '-a| b|-c|+x| d|-e|+d2');
  const long = lineDiff([...'abcdefghij'].join('\n'), [...'abcdXfghij'].join('\n'));
  assert.deepEqual(
    hunksOf(long, 1).map((line) => line?.text ?? '…'),
    ['…', 'd', 'e', 'X', 'f', '…'],
  );
});

test('an edit is carried over to a newer version, field by field', () => {
  const object = (resourceVersion: string, spec: object, labels: object = {}): ApiObject =>
    ({
      apiVersion: 'v1',
      kind: 'K',
      metadata: { name: 'x', resourceVersion, labels, managedFields: [{}] },
      spec,
    }) as unknown as ApiObject;
  const base = object('1', { a: 1, b: 1, list: [1] }, { old: 'x' });
  const edited = object('1', { a: 2, list: [1] });
  const current = object('5', { a: 1, b: 1, c: 9, list: [1, 2] }, { old: 'x', new: 'y' });
  assert.deepEqual(carriedOver({ base, edited, current }), object('5', { a: 2, c: 9, list: [1, 2] }, { new: 'y' }));
});
