import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonProblem } from './json-problem.ts';

const problems: readonly [text: string, problem: string][] = [
  ['', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['{"a":[1,', 'unexpected end of JSON input'],
  ['"a', 'unexpected end of JSON input'],
  ['\0', "invalid character '\\x00' looking for beginning of value"],
  ['x', "invalid character 'x' looking for beginning of value"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
  ['[1 2]', "invalid character '2' after array element"],
  ['{} {}', "invalid character '{' after top-level value"],
  ['01', "invalid character '1' after top-level value"],
  ['-x', "invalid character 'x' in numeric literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1ex', "invalid character 'x' in exponent of numeric literal"],
  ['trxe', "invalid character 'x' in literal true (expecting 'u')"],
  ['"\\q"', "invalid character 'q' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
  ['['.repeat(500_000), 'exceeded max depth'],
  ['{"a":[1.5e-3,true,null,"\\u00e9"],"b":{}} ', ''],
];

test("reports invalid JSON in upstream's words", () => {
  for (const [text, problem] of problems) assert.equal(jsonProblem(text), problem, text.slice(0, 40));
});

test('every text that JSON.parse rejects has a problem, and no other has', () => {
  for (const [text, problem] of problems) {
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    assert.equal(isJson, problem === '', text);
  }
});
