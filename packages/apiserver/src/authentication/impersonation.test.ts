import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '@typernetes/machinery';
import type { AccessAttributes } from '../authorization/authorizer.ts';
import type { UserInfo } from '../identity/user-info.ts';
import { impersonator } from './impersonation.ts';

const jane: UserInfo = { username: 'jane', groups: ['system:authenticated'] };
const listing: AccessAttributes = {
  user: jane,
  isResourceRequest: true,
  path: '/api/v1/namespaces/default/pods',
  verb: 'list',
  apiGroup: '',
  apiVersion: 'v1',
  namespace: 'default',
  resource: 'pods',
  subresource: '',
  name: '',
};

/** Allows what `allows` says, and records every check. */
function asker(allows: (text: string) => boolean, { constrained = true } = {}) {
  const asked: string[] = [];
  const impersonate = impersonator(
    async ({ verb, resource, subresource, apiGroup, namespace, name }) => {
      const text = `${verb} ${resource}${subresource ? `/${subresource}` : ''}.${apiGroup} ${namespace}/${name}`;
      asked.push(text);
      if (!allows(text)) throw new StatusError('Forbidden', text);
    },
    { constrained },
  );
  const as = (headers: Record<string, string>, sender = jane) =>
    impersonate(sender, { headers }, { ...listing, user: sender });
  return { asked, as };
}

test('legacy impersonation checks every part of the other user', async () => {
  const { asked, as } = asker(() => true, { constrained: false });
  assert.deepEqual(await as({}), { user: jane });
  assert.deepEqual(
    (await as({ 'impersonate-user': 'system:serviceaccount:default:web', 'impersonate-extra-scopes': 'view' })).user,
    {
      username: 'system:serviceaccount:default:web',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      extra: { scopes: ['view'] },
    },
  );
  assert.deepEqual((await as({ 'impersonate-user': 'bob', 'impersonate-group': 'dev\nops' })).user.groups, [
    'dev',
    'ops',
    'system:authenticated',
  ]);
  assert.deepEqual((await as({ 'impersonate-user': 'system:anonymous' })).user.groups, ['system:unauthenticated']);
  assert.deepEqual(asked, [
    'impersonate serviceaccounts. default/web',
    'impersonate userextras/scopes.authentication.k8s.io /view',
    'impersonate users. /bob',
    'impersonate groups. /dev',
    'impersonate groups. /ops',
    'impersonate users. /system:anonymous',
  ]);
  await assert.rejects(as({ 'impersonate-group': 'dev' }), { reason: 'BadRequest' });
});

test('parts of a user without a name are nobody, empty ones too', async () => {
  const said = {
    'impersonate-user': '',
    'impersonate-group': '',
    'impersonate-extra-a%2fb': 'x',
    'impersonate-uid': '7',
  };
  await assert.rejects(asker(() => true, { constrained: false }).as(said), {
    reason: 'BadRequest',
    message:
      'requested [{Group      } {UserExtra  x  authentication.k8s.io/v1  a/b} {UID  7  authentication.k8s.io/v1  }] without impersonating a user',
  });
  const { as } = asker(() => true);
  await assert.rejects(as(said), {
    message:
      'requested &user.DefaultInfo{Name:"", UID:"7", Groups:[]string{""}, Extra:map[string][]string{"a/b":[]string{"x"}}} without impersonating a user name',
  });
  await assert.rejects(as({ 'impersonate-uid': '7' }), {
    message:
      'requested &user.DefaultInfo{Name:"", UID:"7", Groups:[]string(nil), Extra:map[string][]string(nil)} without impersonating a user name',
  });
  assert.deepEqual(await as({ 'impersonate-user': '', 'impersonate-uid': '' }), { user: jane });
});

test('a user who may only do some things as somebody else is checked for these', async () => {
  const { asked, as } = asker((text) => text.includes(':user-info'));
  assert.deepEqual(await as({ 'impersonate-user': 'bob', 'impersonate-uid': '7' }), {
    user: { username: 'bob', groups: ['system:authenticated'], uid: '7' },
    constraint: 'impersonate:user-info',
  });
  assert.deepEqual(asked, [
    'impersonate-on:user-info:list pods. default/',
    'impersonate:user-info users.authentication.k8s.io /bob',
    'impersonate:user-info uids.authentication.k8s.io /7',
  ]);
  await assert.rejects(as({ 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' }), {
    message: /impersonating the system:masters group is not allowed/,
  });
  asked.length = 0;
  await as({ 'impersonate-user': 'bob', 'impersonate-group': 'a\nb\nc\nd' });
  assert.deepEqual(asked.slice(2), ['impersonate:user-info groups.authentication.k8s.io /*']);
});

test('nodes and service accounts have their own modes, and the legacy one comes last', async () => {
  const none = asker(() => false);
  await assert.rejects(none.as({ 'impersonate-user': 'system:node:a' }), {
    message: 'impersonate-on:arbitrary-node:list pods. default/',
  });
  assert.deepEqual(none.asked, [
    'impersonate-on:arbitrary-node:list pods. default/',
    'impersonate users. /system:node:a',
  ]);
  const arbitrary = asker((text) => text.includes('arbitrary-node'));
  assert.deepEqual((await arbitrary.as({ 'impersonate-user': 'system:node:a' })).user.groups, [
    'system:nodes',
    'system:authenticated',
  ]);
  const account = asker((text) => text.includes(':serviceaccount'));
  const { constraint } = await account.as({ 'impersonate-user': 'system:serviceaccount:default:web' });
  assert.equal(constraint, 'impersonate:serviceaccount');
  assert.equal(account.asked.at(-1), 'impersonate:serviceaccount serviceaccounts.authentication.k8s.io default/web');
});

test('an agent may impersonate the node it runs on, and no other', async () => {
  const agent: UserInfo = {
    username: 'system:serviceaccount:kube-system:agent',
    groups: [],
    extra: { 'authentication.kubernetes.io/node-name': ['a'] },
  };
  const { asked, as } = asker((text) => text.includes('associated-node'));
  const { user, constraint } = await as({ 'impersonate-user': 'system:node:a' }, agent);
  assert.deepEqual([user.username, constraint], ['system:node:a', 'impersonate:associated-node']);
  assert.equal(asked.at(-1), 'impersonate:associated-node nodes.authentication.k8s.io /*');
  await assert.rejects(as({ 'impersonate-user': 'system:node:b' }, agent), { reason: 'Forbidden' });
});

test("tries the sender's last successful mode first", async () => {
  const { asked, as } = asker((text) => text.startsWith('impersonate users'));
  await as({ 'impersonate-user': 'bob' });
  asked.length = 0;
  assert.equal((await as({ 'impersonate-user': 'bob' })).constraint, undefined);
  assert.deepEqual(asked, ['impersonate users. /bob']);
});
