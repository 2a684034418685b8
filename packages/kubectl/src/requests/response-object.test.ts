import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { StatusError } from '@typernetes/machinery';
import type { Session } from '../session.ts';
import { responseObjects } from './response-object.ts';

const missing = new StatusError('NotFound', 'pods "<a>" not found', { details: { kind: 'pods', name: '<a>' } });
const invalid = new StatusError('Invalid', 'Pod "a" is invalid', { details: { name: 'a', kind: 'Pod' } });

function logged(errors: readonly unknown[], { v = 4, typed = false } = {}): string {
  const session = { clock: systemClock, globalFlags: { v }, typed } as unknown as Session;
  return responseObjects(errors, session).replace(/^I.*(?= helpers)/gm, 'I');
}

const rest = String.raw`  "metadata": {},
  "status": "Failure",
  "message": "pods \"\u003ca\u003e\" not found",
  "reason": "NotFound",
  "details": {
    "name": "\u003ca\u003e",
    "kind": "pods"
  },
  "code": 404
}]
`;

test('from -v=4 on, what the server said of a failure is logged as Go writes it', () => {
  const kind = '  "kind": "Status",\n  "apiVersion": "v1",\n';
  assert.equal(logged([missing]), `I helpers.go:246] server response object: %s[{\n${kind}${rest}`);
  assert.equal(logged([missing], { typed: true }), `I helpers.go:246] server response object: %s[{\n${rest}`);
  assert.equal(logged([missing], { v: 3 }), '');
  assert.equal(logged([new Error('no answer')]), '');
});

test('an invalid object is told without it where it is the only failure', () => {
  assert.equal(logged([invalid]), '');
  assert.equal(logged([invalid, missing]).match(/server response object/g)?.length, 2);
});
