import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { DelegatedAccess } from './delegated-access.ts';

/** A server that knows the token `good` as prometheus, who may read metrics. */
function access() {
  const asked: string[] = [];
  const client = {
    json: async (_method: string, path: string, body: unknown) => {
      const { spec } = body as { spec: { token?: string; user?: string; nonResourceAttributes?: object } };
      asked.push(path.split('/').at(-1) ?? '');
      if (spec.token !== undefined) {
        return {
          status: spec.token === 'good' ? { authenticated: true, user: { username: 'prometheus', groups: [] } } : {},
        };
      }
      return { status: { allowed: spec.user === 'prometheus' } };
    },
  } as never;
  const options = {
    authentication: () => client,
    authorization: () => client,
    clock: new FakeClock(0),
    log: silentLogger,
  };
  return { asked, of: new DelegatedAccess(options) };
}

test("the API server decides who the client is, and whether it may read a component's metrics", async () => {
  const { asked, of } = access();
  const ask = (authorization?: string, certificate?: { name: string; groups: string[] }) =>
    of.check({ method: 'GET', url: '/metrics?x=1', headers: authorization ? { authorization } : {}, certificate });
  assert.deepEqual(await ask('Bearer good'), { status: 200, message: '' });
  assert.deepEqual(await ask('Bearer good'), { status: 200, message: '' });
  assert.deepEqual(asked, ['tokenreviews', 'subjectaccessreviews']);
  assert.deepEqual(await ask('Bearer bad'), { status: 401, message: 'Unauthorized' });
  assert.deepEqual(await ask(), {
    status: 403,
    message: 'forbidden: User "system:anonymous" cannot get path "/metrics"',
  });
  assert.equal((await ask(undefined, { name: 'jane', groups: ['dev'] })).status, 403);
  assert.equal((await ask(undefined, { name: 'root', groups: ['system:masters'] })).status, 200);
});

test('access to resources is requested as such, for users that an API server vouches for', async () => {
  const asked: unknown[] = [];
  const client = {
    json: async (_method: string, _path: string, { spec }: { spec: { user: string } }) => {
      asked.push(spec);
      return { status: { allowed: spec.user === 'jane' } };
    },
  } as never;
  const of = new DelegatedAccess({ authorization: () => client, clock: new FakeClock(0), log: silentLogger });
  const resource = { verb: 'list', group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods', namespace: 'shop' };
  const ask = (username: string, what = resource) =>
    of.check({ url: '/any', headers: {}, requester: { username, groups: ['dev'], uid: '7' }, resource: what });
  assert.equal((await ask('jane')).status, 200);
  assert.deepEqual(asked, [{ user: 'jane', groups: ['dev'], uid: '7', resourceAttributes: resource }]);
  assert.deepEqual(await ask('joe'), {
    status: 403,
    message:
      'pods.metrics.k8s.io is forbidden: User "joe" cannot list resource "pods" in API group "metrics.k8s.io" in the namespace "shop"',
  });
  const { message } = await ask('joe', { ...resource, resource: 'nodes', namespace: '' });
  assert.match(message, /cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope$/);
});

test('answers are cached as configured', async () => {
  const clock = new FakeClock(0);
  const asked: boolean[] = [];
  const client = {
    json: async (_method: string, _path: string, { spec }: { spec: { user: string } }) => {
      const allowed = spec.user === 'jane';
      asked.push(allowed);
      return { status: { allowed } };
    },
  } as never;
  const cached = { tokenMs: 0, allowedMs: 2000, deniedMs: 1000 };
  const of = new DelegatedAccess({ authorization: () => client, cached, clock, log: silentLogger });
  const ask = (name: string) => of.check({ url: '/metrics', headers: {}, certificate: { name, groups: [] } });
  for (const ms of [0, 999, 1000, 1999, 2000]) {
    await clock.advance(ms - clock.monotonic());
    await ask('jane');
    await ask('joe');
  }
  assert.deepEqual(asked, [true, false, false, true, false]);
});

test('while no API server is reachable nobody is let in', async () => {
  const broken = { json: () => Promise.reject(new Error('down')) } as never;
  const of = new DelegatedAccess({ authorization: () => broken, clock: new FakeClock(0), log: silentLogger });
  assert.equal((await of.check({ url: '/metrics', headers: {} })).status, 500);
  assert.equal((await of.check({ url: '/metrics', headers: { authorization: 'Bearer good' } })).status, 401);
});
