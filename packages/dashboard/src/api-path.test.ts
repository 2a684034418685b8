import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiPath } from './api-path.ts';

const passed: readonly string[] = [
  '/api',
  '/apis?x=1',
  '/version',
  '/api/v1/namespaces/default/pods?watch=true&labelSelector=a%3Db',
  '/api/v1/namespaces/default/pods/web/exec?command=ls',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
  // Objects may be called as subresources are.
  '/api/v1/namespaces/proxy/pods',
  '/api/v1/namespaces/default/services/proxy',
  '/api/v1/nodes/proxy',
];

const refused: readonly (readonly [path: string, problem: RegExp])[] = [
  ['/metrics', /no path of the API/],
  ['/', /no path of the API/],
  ['/api/../metrics', /elsewhere/],
  ['/api/%2e%2e/metrics', /elsewhere/],
  ['/api/v1/namespaces/a%2f..%2f..%2fmetrics', /elsewhere/],
  ['/api/v1/a\\b', /elsewhere/],
  ['/api//v1', /elsewhere/],
  ['/api/v1/%zz', /not encoded/],
  ['/api/v1/namespaces/default/services/web/proxy/', /proxy/],
  ['/api/v1/namespaces/default/pods/https:web:8443/proxy', /proxy/],
  ['/api/v1/namespaces/default/pods/web/%70roxy/x', /proxy/],
  ['/api/v1/nodes/n1/proxy/logs', /proxy/],
  ['/api/v1/proxy/nodes/n1', /proxy/],
];

test('paths of the API are passed on as they are', () => {
  for (const path of passed) assert.deepEqual(apiPath(`/k8s${path}`), { path }, path);
});

test('refuses paths outside of the API, and to other pages', () => {
  for (const [path, problem] of refused) {
    const answer = apiPath(`/k8s${path}`);
    assert.match('problem' in answer ? answer.problem : '', problem, path);
  }
  assert.ok('problem' in apiPath('/api/v1/pods'));
});
