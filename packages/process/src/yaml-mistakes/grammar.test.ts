import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goReading } from './grammar.ts';

/** Texts, and what upstream's kubectl 1.35 says of them behind `error converting YAML to JSON: yaml: `. */
const mistakes: readonly (readonly [text: string, problem: string])[] = [
  ['a: [1, 2\nb: 3\n', "line 1: did not find expected ',' or ']'"],
  ['x: {a: b\n', "line 1: did not find expected ',' or '}'"],
  ['x: [a,,b]\n', 'did not find expected node content'],
  ['a:\n\tb: c\n', 'line 2: found character that cannot start any token'],
  ['a: |\n  b\n\tc\n', 'line 3: found a tab character where an indentation space is expected'],
  ['a: b\n\tc\n', 'line 2: found a tab character that violates indentation'],
  ['a: b: c\n', 'mapping values are not allowed in this context'],
  ['a: b\n  c: d\n', 'line 2: mapping values are not allowed in this context'],
  ['a:\n  b: c\n d: e\n', 'line 2: did not find expected key'],
  ["a: 'b' c\n", 'did not find expected key'],
  ['- a\nb: c\n', "line 1: did not find expected '-' indicator"],
  ['a: - b\n', 'block sequence entries are not allowed in this context'],
  ['a: b\nc\nd: e\n', "line 3: could not find expected ':'"],
  ['a: "x\nb: c\n', 'line 3: found unexpected end of stream'],
  ["a: 'x\n---\n", 'line 2: found unexpected document indicator'],
  ['a: "\\q"\n', 'found unknown escape character'],
  ['a: "\\xZZ"\n', 'did not find expected hexdecimal number'],
  ['a: "\\ud800"\n', 'found invalid Unicode character escape code'],
  ['a: @x\n', 'found character that cannot start any token'],
  ['a: |x\n', 'did not find expected comment or line break'],
  ['a: >0\n', 'found an indentation indicator equal to 0'],
  ['a: *x\n', "unknown anchor 'x' referenced"],
  ['a: &\n', 'did not find expected alphabetic or numeric character'],
  ['a: !x!y z\n', 'found undefined tag handle'],
  ['a: !<x z\n', "did not find the expected '>'"],
  ['a: !x{ z\n', 'did not find expected whitespace or line break'],
  ['%YAML 1.2\n---\na: b\n', 'found incompatible YAML document'],
  ['%YAML 1.1\n%YAML 1.1\n---\n', 'line 1: found duplicate %YAML directive'],
  ['%YAML x\n---\n', 'did not find expected version number'],
  ['%FOO x\n---\n', 'found unknown directive name'],
  ['%TAG x\n---\n', "did not find expected '!'"],
  ['%YAML 1.1\na: b\n', 'line 1: did not find expected <document start>'],
  ['a: b\u0001\n', 'control characters are not allowed'],
];
for (const [text, problem] of mistakes)
  test(`Go's parser says of ${JSON.stringify(text)}: ${problem}`, () => {
    assert.equal(goReading(text).problem, `yaml: ${problem}`);
  });

const fine = [
  '',
  'a: &b c\nd: *b\n',
  '? a\n: b\n',
  'a: !!binary x\n',
  '[?x, a: b, {c, d: }]\n',
  '--- |\n x\n...\n---\n- >-\n  y\n',
];
for (const text of fine)
  test(`Go's parser takes ${JSON.stringify(text)}`, () => {
    assert.deepEqual(goReading(text), { end: text.length });
  });

test('what is indented less than the first key is read no more', () => {
  assert.deepEqual(goReading('  a: b\nc: d\n'), { end: '  a: b\n'.length });
});
