import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '@typernetes/client';
import { bodyPlace } from './body-place.ts';

const cases: readonly (readonly [string, ApiRequest['method'], string, string])[] = [
  ['get', 'GET', '/api/v1/namespaces/default/pods?limit=500', 'helper.go:113'],
  ['get', 'GET', '/api/v1/namespaces/default/pods/a', 'helper.go:105'],
  ['get', 'GET', '/api/v1/namespaces/default', 'helper.go:105'],
  ['get', 'GET', '/api/v1/namespaces', 'helper.go:113'],
  ['get', 'GET', '/api/v1/pods?watch=true', 'helper.go:170'],
  ['get --raw', 'GET', '/api/v1/pods', 'raw.go:84'],
  ['label', 'PATCH', '/api/v1/nodes/a?fieldManager=x', 'helper.go:269'],
  ['create', 'POST', '/api/v1/namespaces/default/pods', 'helper.go:246'],
  ['create namespace', 'POST', '/api/v1/namespaces', 'type.go:213'],
  ['create token', 'POST', '/api/v1/namespaces/default/serviceaccounts/a/token', 'serviceaccount.go:87'],
  ['replace', 'GET', '/api/v1/namespaces/default/pods/a', 'helper.go:294'],
  ['replace', 'PUT', '/api/v1/namespaces/default/pods/a', 'helper.go:319'],
  ['delete', 'DELETE', '/api/v1/namespaces/default/pods/a', 'helper.go:202'],
  ['delete', 'GET', '/api/v1/namespaces/default/pods/a', 'simple.go:242'],
  ['delete', 'GET', '/api/v1/namespaces/default/pods?labelSelector=a', 'helper.go:113'],
  ['cordon', 'PATCH', '/api/v1/nodes/a', 'type.go:289'],
  ['scale', 'PATCH', '/apis/apps/v1/namespaces/default/deployments/a/scale', 'client.go:232'],
  ['api-versions', 'GET', '/apis', 'discovery_client.go:318'],
];

test('bodies are logged with the file and line that upstream logs them in', () => {
  for (const [command, method, path, place] of cases)
    assert.equal(bodyPlace({ method, path }, command), place, `${command}: ${method} ${path}`);
});
