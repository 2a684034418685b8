import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenValue, requiredValue } from './field-problem.ts';
import {
  conflict,
  forbidden,
  ifFound,
  invalid,
  isExpired,
  isInvalid,
  isNamespaceTerminating,
  notFound,
  StatusError,
} from './status-error.ts';

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

test('an object that is not found is undefined; other failures stay failures', async () => {
  assert.equal(await ifFound(Promise.resolve('web')), 'web');
  assert.equal(await ifFound(Promise.reject(notFound(deployments, 'web'))), undefined);
  await assert.rejects(ifFound(Promise.reject(conflict(deployments, 'web'))), { reason: 'Conflict' });
});

test('a terminating namespace is told from other refusals by its cause', () => {
  const refusal = (reason: string) => new StatusError('Forbidden', 'no', { details: { causes: [{ reason }] } });
  assert.equal(isNamespaceTerminating(refusal('NamespaceTerminating')), true);
  assert.equal(isNamespaceTerminating(refusal('Quota')), false);
  assert.equal(isNamespaceTerminating(forbidden(deployments, 'web', 'no')), false);
});
