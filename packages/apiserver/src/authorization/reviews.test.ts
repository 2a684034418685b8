import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RbacReads } from './rbac.ts';
import { reviewOwnRules } from './reviews.ts';

test("combines errors in resolving a user's rules into one, without duplicates", () => {
  const bound = (name: string, role: string) => ({
    metadata: { name, namespace: 'default' },
    roleRef: { kind: 'Role', name: role },
    subjects: [{ kind: 'User', name: 'jane' }],
  });
  const errorFor = (...roles: string[]) => {
    const reads = {
      roles: { get: () => undefined },
      clusterRoles: { get: () => undefined, list: () => [] },
      roleBindings: { byIndex: () => roles.map((role, i) => bound(`b${i}`, role)) },
      clusterRoleBindings: { byIndex: () => [] },
    } as unknown as RbacReads;
    const review = { metadata: {}, spec: { namespace: 'default' } } as never;
    return reviewOwnRules(review, { username: 'jane', groups: [] }, { reads }).status?.evaluationError;
  };
  const [a, b] = ['a', 'b'].map((name) => `role.rbac.authorization.k8s.io "${name}" not found`);
  assert.equal(errorFor('a', 'b'), `[${a}, ${b}]`);
  assert.equal(errorFor('a', 'a'), a);
  assert.equal(errorFor(), undefined);
});
