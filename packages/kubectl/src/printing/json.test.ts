import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeJson } from './json.ts';

test('prints keys in order, and escapes HTML characters', () => {
  const value = { kind: 'Pod', apiVersion: 'v1', items: [{ b: '</a & b>', a: null }, []] };
  assert.equal(
    encodeJson(value),
    [
      '{',
      '    "apiVersion": "v1",',
      '    "items": [',
      '        {',
      '            "a": null,',
      '            "b": "\\u003c/a \\u0026 b\\u003e"',
      '        },',
      '        []',
      '    ],',
      '    "kind": "Pod"',
      '}',
      '',
    ].join('\n'),
  );
});
