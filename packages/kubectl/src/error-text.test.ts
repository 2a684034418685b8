import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbidden, invalid, notFound, StatusError } from '@typernetes/machinery';
import { errorText } from './error-text.ts';

test("prints failures in upstream's words", () => {
  const pods = { group: '', plural: 'pods' };
  const required = { type: 'Required', field: 'spec.containers', body: 'Required value' } as const;
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const cases: [unknown, string][] = [
    [notFound(pods, 'x'), 'Error from server (NotFound): pods "x" not found\n'],
    [forbidden(pods, '', 'no'), 'Error from server (Forbidden): pods is forbidden: no\n'],
    [invalid({ group: '', kind: 'Pod' }, 'x', [required]), 'The Pod "x" is invalid: spec.containers: Required value\n'],
    [
      // Refusals of admission policies have no field.
      new StatusError('Invalid', 'no', { details: { kind: 'pods', name: 'x', causes: [{ message: 'denied' }] } }),
      'The pods "x" is invalid: : denied\n',
    ],
    [new StatusError('Unauthorized', 'Unauthorized'), 'error: You must be logged in to the server (Unauthorized)\n'],
    [refused, 'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?\n'],
    [new Error('dial tcp: i/o timeout'), 'Unable to connect to the server: dial tcp: i/o timeout\n'],
    [
      new Error('unable to recognize "a.yaml": Get "https://x/api": dial tcp: i/o timeout'),
      'error: unable to recognize "a.yaml": Get "https://x/api": dial tcp: i/o timeout\n',
    ],
    [new Error('no'), 'error: no\n'],
  ];
  for (const [error, text] of cases) assert.equal(errorText(error, 'https://127.0.0.1:6443'), text);
});
