import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocument, decodeDocuments, decodeRepeating, ManifestError } from './yaml.ts';
import { encodeYaml } from './yaml-encode.ts';

test('scalars mean what they mean to kubectl', () => {
  const cases: [string, unknown][] = [
    ['yes', true],
    ['on', true],
    ['Off', false],
    ['n', false],
    ['0644', 420],
    ['0o644', 420],
    ['0x10', 16],
    ['22:22', '22:22'],
    ['2026-01-01', '2026-01-01'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    ['1e3', 1000],
    ['1.5', 1.5],
    ['100m', '100m'],
    ['~', null],
    ['"yes"', 'yes'],
    ['1.7.9', '1.7.9'],
  ];
  for (const [text, value] of cases) assert.deepEqual(decodeDocument(`a: ${text}`), { a: value }, text);
});

test('a text may hold several documents; empty ones are dropped', () => {
  assert.deepEqual(decodeDocuments('---\n# nothing\n---\na: 1\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(decodeDocuments(''), []);
  assert.deepEqual(decodeDocuments('{"a": [1, true, null]}'), [{ a: [1, true, null] }]);
  assert.deepEqual(decodeDocuments('{a: 1}'), [{ a: 1 }]);
  assert.throws(() => decodeDocument('a: 1\n---\nb: 2\n'), /expected one/);
});

test('as in Go, a single quote may be escaped in double quotes, and is literal elsewhere', () => {
  const text = `a: "it\\'s \\'so\\'"\nb: 'x\\'\nc: \\'\nd: |\n  \\'\n`;
  assert.deepEqual(decodeDocument(text), { a: "it's 'so'", b: 'x\\', c: "\\'", d: "\\'\n" });
  assert.throws(() => decodeDocuments('a: 1\nb: "\\q"'), /: yaml: line 2: found unknown escape character$/);
});

test('reports the problem and its position', () => {
  assert.throws(
    () => decodeDocuments('a: b: c'),
    (e) =>
      e instanceof ManifestError &&
      /^error converting YAML to JSON: yaml: mapping values are not allowed in this context$/.test(e.message),
  );
  assert.throws(
    () => decodeDocuments('a: 1\nb: 2\na: 3\n'),
    /yaml: unmarshal errors:\n {2}line 3: key "a" already set in map/,
  );
});

test('accepts what Go accepts: any indentation within brackets and quotes, unknown tags', () => {
  const command = 'spec:\n  command: [\n    "sh", "-c"\n  ]\n  args: [\n"a",\n"b"\n]\n  more: {\n    c: d\n  }\nx: 1\n';
  assert.deepEqual(decodeDocuments(command), [
    { spec: { command: ['sh', '-c'], args: ['a', 'b'], more: { c: 'd' } }, x: 1 },
  ]);
  assert.deepEqual(decodeDocuments('a: "one\ntwo"\nb: \'three\n four\'\n'), [{ a: 'one two', b: 'three four' }]);
  assert.deepEqual(decodeDocuments('a: [1,\t2]\nb: {c:\td,\te: f}\n'), [{ a: [1, 2], b: { c: 'd', e: 'f' } }]);
  assert.deepEqual(decodeDocuments('a: !own 1\nb: !own {c: d}\ne: !!timestamp 2024-01-01\nf: !!set {g, h}\n'), [
    { a: '1', b: { c: 'd' }, e: '2024-01-01', f: { g: null, h: null } },
  ]);
  // A text with very much of that is refused instead of taking long.
  const long = `a: [\n${'x,\n'.repeat(200_000)}]\n`;
  assert.throws(() => decodeDocuments(`b:\n  ${long}`), ManifestError);
});

test('numbers that JSON does not have are refused', () => {
  for (const [text, said] of [
    ['.inf', '+Inf'],
    ['-.Inf', '-Inf'],
    ['.NaN', 'NaN'],
  ] as const)
    assert.throws(() => decodeDocuments(`a: [{b: ${text}}]\n`), {
      message: `error converting YAML to JSON: json: unsupported value: ${said}`,
    });
  assert.deepEqual(decodeDocuments('a: x.inf\nb: ".inf"\n'), [{ a: 'x.inf', b: '.inf' }]);
});

test('directives of other versions are refused, and what is indented less than the first key is left out', () => {
  assert.throws(() => decodeDocuments('%YAML 1.2\n---\na: b\n'), {
    message: 'error converting YAML to JSON: yaml: found incompatible YAML document',
  });
  assert.deepEqual(decodeDocuments('%YAML 1.1\n---\na: b\n'), [{ a: 'b' }]);
  assert.deepEqual(decodeDocuments('  a: b\nc: d\n'), [{ a: 'b' }]);
});

test('JSON objects may follow each other, as jq writes them', () => {
  const one = '{"a":"}{\\"","b":{"c":[{}]}}';
  assert.deepEqual(decodeDocuments(`${one}\n${one}{"d":9007199254740993}\n`), [
    { a: '}{"', b: { c: [{}] } },
    { a: '}{"', b: { c: [{}] } },
    decodeDocuments('{"d":9007199254740993}')[0],
  ]);
  assert.deepEqual(decodeDocuments('{"a":1}\n---\n{"b":2}\n'), [{ a: 1 }, { b: 2 }]);
  for (const text of ['{"a":1}{"b":', '{"a":1}x', '{"a":1}}'])
    assert.throws(() => decodeDocuments(text), ManifestError);
});

test("reports mistakes in upstream's words", () => {
  // The messages of upstream's kubectl.
  const cases: [text: string, problem: string][] = [
    ['a: 1\nmetadata:\n\tname: a\n', 'line 3: found character that cannot start any token'],
    ['a: 1\nb: a # c\n\tc: b\n', 'line 3: found character that cannot start any token'],
    ['a: 1\nb: "a"\n\tc: b\n', 'line 3: found character that cannot start any token'],
    ['a: 1\nb: a\n\tc: b\n', 'line 3: found a tab character that violates indentation'],
    ['x:\n- a: 1\n\tb: 2\n', 'line 3: found a tab character that violates indentation'],
    ['a: 1\nb: @c\n', 'line 2: found character that cannot start any token'],
    ['a: `x`\n', 'found character that cannot start any token'],
    ['a: %x\n', 'found character that cannot start any token'],
    ['a: "x\nb: c\n', 'line 3: found unexpected end of stream'],
    ["a: 'x\nb: c\n", 'line 3: found unexpected end of stream'],
    ['a: [1, 2\nb: c\n', "line 1: did not find expected ',' or ']'"],
    ['x: 1\na: 2\nb: [c,,d]\n', 'line 2: did not find expected node content'],
    ['a: {b: c\n', "line 1: did not find expected ',' or '}'"],
    ['a: 1\ndata\nfoo: bar\n', "line 3: could not find expected ':'"],
    ['spec:\n  a: b\n  ...\n', "line 4: could not find expected ':'"],
    ['\ta: b\n', 'found character that cannot start any token'],
    ['a\u0000b', 'control characters are not allowed'],
    ["x: 1\na: 'b'\n  c: d\n", 'line 2: did not find expected key'],
    ['a:\n  - b\n c: d\n', 'line 2: did not find expected key'],
    ['x: 1\na:\n- b: 1\n  c: 2\n d: 3\n', 'line 4: did not find expected key'],
    ['x:\n  - a\n- b\n', 'line 2: did not find expected key'],
    ['x:\n  y: 1\n z: 2\nk: v\n', 'line 2: did not find expected key'],
    ['x: |\n  y\n z\n', 'line 2: did not find expected key'],
    ['a: "x" y\nb: 1\n', 'did not find expected key'],
    ['x:\n  y: 1\n    z: 2\nk: v\n', 'line 3: mapping values are not allowed in this context'],
    ['x: 1\na: - b\n', 'line 2: block sequence entries are not allowed in this context'],
    ['a: &x b\nc: *y\n', "unknown anchor 'y' referenced"],
    [
      'spec:\n  replicas: {{ .Values.n | default 3 }}\n',
      'invalid map key: map[interface {}]interface {}{".Values.n | default 3":interface {}(nil)}',
    ],
    ['{k: v}: x\n', 'invalid map key: map[interface {}]interface {}{"k":"v"}'],
    ['a: [{? [b, 1] : c}]\n', 'invalid map key: []interface {}{"b", 1}'],
    [
      'a: &x {1: b, c: [2.5, true, null, "q\\"\\u0001"]}\n? *x\n: d\n',
      String.raw`invalid map key: map[interface {}]interface {}{"c":[]interface {}{2.5, true, interface {}(nil), "q\"\x01"}, 1:"b"}`,
    ],
    ['a: !!binary x\n', '!!binary value contains invalid base64 data'],
    ['x: 1\n: y\n', 'line 1: did not find expected key'],
  ];
  for (const [text, problem] of cases)
    assert.throws(() => decodeDocuments(text), { message: `error converting YAML to JSON: yaml: ${problem}` }, text);
});

test('refuses keys that are null, as JSON has none', () => {
  const cases: [text: string, value: string][] = [
    ['null: x\n', '"x"'],
    ['~: null\n', '<nil>'],
    ['a: {null: {b: [1]}}\n', 'map[interface {}]interface {}{"b":[]interface {}{1}}'],
    ['? \n: x\n', '"x"'],
  ];
  for (const [text, value] of cases)
    assert.throws(
      () => decodeDocuments(text),
      {
        message: `error converting YAML to JSON: unsupported map key of type: %!s(<nil>), key: <nil>, value: ${value}`,
      },
      text,
    );
  assert.deepEqual(decodeDocument('"null": 1\n"~": 2\na: |\n  null: x\n'), { null: 1, '~': 2, a: 'null: x\n' });
});

test('reads bytes in base64 as text', () => {
  const text = 'a: !!binary YWJj\nb: !!binary |\n  YWJj\n  ZGVm\n!!binary YWJj: c\nd: !!binary [e]\n';
  assert.deepEqual(decodeDocument(text), { a: 'abc', b: 'abcdef', abc: 'c', d: ['e'] });
});

test('if duplicate keys are allowed the last one wins, and the others are reported', () => {
  const text = 'a: 1\nb:\n- c: 1\n  "c": {x: 1, x: 2}\n- c: 3\na: 2\n<<: {a: 3}\n';
  assert.deepEqual(decodeRepeating(text), {
    value: { a: 2, b: [{ c: { x: 2 } }, { c: 3 }] },
    repeatedKeys: [
      'line 4: key "x" already set in map',
      'line 4: key "c" already set in map',
      'line 6: key "a" already set in map',
    ],
  });
  assert.deepEqual(decodeRepeating('{"a": 1,\n"a": 2}'), {
    value: { a: 2 },
    repeatedKeys: ['line 2: key "a" already set in map'],
  });
  assert.deepEqual(decodeRepeating('{"a":1}\n'), { value: { a: 1 }, repeatedKeys: [] });
  assert.deepEqual(decodeRepeating(''), { value: undefined, repeatedKeys: [] });
  assert.throws(() => decodeRepeating('a: 1\n---\nb: 2\n'), /expected one/);
});

test('integers keep their digits, in YAML and in JSON', () => {
  const numbers = { a: 9007199254740993n, b: -9223372036854775808n, c: 18446744073709552000, d: '9007199254740993' };
  const text = 'a: 9007199254740993\nb: -9223372036854775808\nc: 18446744073709552000\nd: "9007199254740993"\n';
  assert.deepEqual(decodeDocument(text), numbers);
  assert.equal(encodeYaml(numbers).slice(0, 47), text.slice(0, 47));
  assert.deepEqual(decodeDocument(JSON.stringify(numbers)), numbers);
});

test('prints sorted keys, flat lists and quotes what would be read as something else', () => {
  const text = encodeYaml({ b: ['x', { z: 1, a: 'yes' }], a: '1', c: {}, d: [], e: 'a\nb\n', t: '2026-01-01' });
  assert.equal(text, 'a: "1"\nb:\n- x\n- a: "yes"\n  z: 1\nc: {}\nd: []\ne: |\n  a\n  b\nt: "2026-01-01"\n');
  assert.deepEqual(decodeDocument(text), {
    b: ['x', { z: 1, a: 'yes' }],
    a: '1',
    c: {},
    d: [],
    e: 'a\nb\n',
    t: '2026-01-01',
  });
});
