import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSelector } from './parse.ts';
import { formatLabelSelector, selectorFromLabels, selectorFromObject } from './selector.ts';

const web = { app: 'web', tier: 'front', size: '3' };

const matching: [selector: string, matches: boolean][] = [
  ['', true],
  ['app=web', true],
  ['app==web,tier!=back', true],
  ['app!=web', false],
  ['other!=web', true],
  ['app in (api, web)', true],
  ['app notin (api,web)', false],
  ['other notin (api)', true],
  ['app', true],
  ['!app', false],
  ['! other', true],
  ['size>2,size<4', true],
  ['size>3', false],
  ['app in (,)', false],
  ['in in (in)', false],
  ['app=', false],
];

for (const [text, matches] of matching) {
  test(`selector "${text}" ${matches ? 'selects' : 'passes over'} the object`, () => {
    assert.equal(parseSelector(text).matches(web), matches);
  });
}

const malformed: [selector: string, message: string][] = [
  ['app=web,', "found '', expected: identifier after ','"],
  [',app', "found ',', expected: !, identifier, or 'end of string'"],
  ['app web', "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
  ['app=web tier=x', "found 'tier', expected: ',' or 'end of string'"],
  ['app constructor web', "unable to parse requirement: found 'constructor', expected: in, notin, =, ==, !=, gt, lt"],
  ['app in web', "unable to parse requirement: found 'web' expected: '('"],
  ['app in (web', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  [
    'size>many',
    "unable to parse requirement: values[0]: Invalid value: \"many\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  [
    'app=-x-',
    'unable to parse requirement: values[0][app]: Invalid value: "-x-": a valid label must be an empty string or consist of ' +
      "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or " +
      "'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
];

for (const [text, message] of malformed) {
  test(`selector "${text}" is refused in upstream's words`, () => {
    assert.throws(() => parseSelector(text), { message });
  });
}

test('a selector reads back what it wrote', () => {
  const text = 'a=1,b in (x,y),!c,d,e!=5,f>7';
  assert.equal(parseSelector(text).toString(), text.split(',!c').join(',!c'));
  assert.equal(parseSelector(parseSelector(text).toString()).toString(), parseSelector(text).toString());
});

test('selectors of objects', () => {
  assert.equal(selectorFromObject(undefined).matches(web), false);
  assert.equal(selectorFromObject({}).matches(undefined), true);
  const selector = selectorFromObject({
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'gone', operator: 'DoesNotExist' }],
  });
  assert.equal(selector.matches(web), true);
  assert.equal(selector.toString(), 'app=web,!gone');
  assert.throws(() => selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Near' as 'In' }] }), {
    message: '"Near" is not a valid label selector operator',
  });
  assert.equal(selectorFromLabels({ b: '2', a: '1' }).toString(), 'a=1,b=2');
  assert.equal(formatLabelSelector({}), '<none>');
});
