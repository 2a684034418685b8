import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenValue, requiredValue } from './field-problem.ts';
import { conflict, invalid, isExpired, isInvalid, notFound, StatusError } from './status-error.ts';

const deployments = { group: 'apps', plural: 'deployments', kind: 'Deployment' };

test('problems become causes, and the message has each once', () => {
  const twice = forbiddenValue('spec.b', 'no');
  const error = invalid(deployments, 'web', [requiredValue('spec.a'), twice, twice]);
  assert.equal(error.message, 'Deployment.apps "web" is invalid: [spec.a: Required value, spec.b: Forbidden: no]');
  assert.deepEqual(error.toStatus(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: 'Invalid',
    details: {
      name: 'web',
      group: 'apps',
      kind: 'Deployment',
      causes: [
        { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.a' },
        { reason: 'FieldValueForbidden', message: 'Forbidden: no', field: 'spec.b' },
        { reason: 'FieldValueForbidden', message: 'Forbidden: no', field: 'spec.b' },
      ],
    },
    code: 422,
  });
  assert.equal(invalid(deployments, 'web', [twice]).message, 'Deployment.apps "web" is invalid: spec.b: Forbidden: no');
});

test('a failure survives the wire', () => {
  const error = StatusError.fromStatus(notFound(deployments, 'web').toStatus());
  assert.equal(error.message, 'deployments.apps "web" not found');
  assert.equal(error.code, 404);
  assert.ok(isInvalid(StatusError.fromStatus(invalid(deployments, 'web', []).toStatus())));
  assert.ok(isExpired(new StatusError('Gone', 'too old')));
  assert.match(
    conflict(deployments, 'web').message,
    /^Operation cannot be fulfilled on deployments\.apps "web": the object/,
  );
});

test('names are quoted as Go quotes them', () => {
  assert.equal(notFound({ group: '', plural: 'pods' }, 'a\0"b').message, 'pods "a\\x00\\"b" not found');
});
