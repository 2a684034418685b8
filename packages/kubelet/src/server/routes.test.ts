import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeConfiguration } from '../config/defaults.ts';
import { readOnlyParts, routeRefusal, type ServerParts } from './routes.ts';

const said = (request: string, on: ServerParts = completeConfiguration({})): string => {
  const [method = '', path = ''] = request.split(' ');
  const refusal = routeRefusal(method, path.split('/').slice(1), on);
  return refusal ? `${refusal.status} ${refusal.message}` : 'taken';
};

test("takes what upstream's routers take, and refuses the rest in their words", () => {
  const taken = [
    ...['GET /pods', 'GET /pods/', 'GET /stats/summary', 'POST /stats/summary', 'HEAD /healthz', 'POST /metrics'],
    ...['GET /containerLogs/ns/pod/c', 'POST /run/ns/pod/c', 'POST /run/ns/pod/uid/c', 'GET /exec/ns/pod/c'],
    ...['POST /portForward/ns/pod', 'GET /portForward/ns/pod/uid', 'POST /checkpoint/ns/pod/c', 'GET /logs/a/b/c'],
    ...['GET /debug/pprof/heap', 'PUT /debug/flags/v', 'GET /configz', 'GET /runningpods/'],
  ];
  for (const request of taken) assert.equal(said(request), 'taken', request);
  const methods = ['POST /pods', 'HEAD /pods', 'GET /run/ns/pod/c', 'DELETE /logs/', 'POST /debug/pprof/heap'];
  for (const request of methods) assert.equal(said(request), '405 405: Method Not Allowed', request);
  for (const request of ['GET /pods/x', 'GET /stats/a/b', 'GET /containerLogs/ns/pod', 'POST /exec/ns/pod/uid/c/x'])
    assert.equal(said(request), '404 404: Page Not Found', request);
  for (const request of ['GET /', 'GET /spec', 'GET /debug', 'GET /toString'])
    assert.equal(said(request), '404 404 page not found\n', request);
});

test('what is switched off says so, or is not there', () => {
  const off = (request: string) => said(request, completeConfiguration({ enableDebuggingHandlers: false }));
  for (const one of [off, (request: string) => said(request, readOnlyParts)]) {
    for (const path of ['/run/a/b/c', '/logs/', '/runningpods/', '/debug/pprof/'])
      assert.equal(one(`GET ${path}`), '405 Debug endpoints are disabled.\n', path);
    for (const path of ['/configz', '/statusz', '/flagz', '/checkpoint/a/b/c', '/debug/flags/v'])
      assert.equal(one(`GET ${path}`), '404 404 page not found\n', path);
    for (const path of ['/pods', '/stats/summary', '/metrics/slis', '/healthz'])
      assert.equal(one(`GET ${path}`), 'taken', path);
  }
  const without = completeConfiguration({ enableSystemLogHandler: false });
  assert.equal(said('GET /logs/', without), '405 logs endpoint is disabled.\n');
});
