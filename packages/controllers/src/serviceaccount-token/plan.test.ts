import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret, ServiceAccount } from '@typernetes/api/core/v1';
import { planToken } from './plan.ts';

const meta = (name: string, annotations = {}) => ({
  name,
  namespace: 'shop',
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '',
  annotations,
});
const account: ServiceAccount = { metadata: meta('robot') };
const named = { 'kubernetes.io/service-account.name': 'robot' };
const secret = (annotations: object, data?: Record<string, string>): Secret => ({
  metadata: meta('token', annotations),
  type: 'kubernetes.io/service-account-token',
  ...(data ? { data } : {}),
});
const base64 = (text: string) => Buffer.from(text).toString('base64');
const full = { namespace: base64('shop'), 'ca.crt': base64('CA'), token: base64('T') };

test('fills an empty Secret, leaves a complete one alone, updates a changed CA', () => {
  const fresh = planToken(secret(named), account, 'CA');
  assert.equal(fresh.action === 'fill' && fresh.mint && fresh.uid, 'uid-robot');
  const known = { ...named, 'kubernetes.io/service-account.uid': 'uid-robot' };
  assert.deepEqual(planToken(secret(known, full), account, 'CA'), { action: 'none' });
  const renewed = planToken(secret(known, full), account, 'NEW');
  assert.deepEqual(renewed.action === 'fill' && [renewed.mint, renewed.data['ca.crt']], [false, base64('NEW')]);
});

test('deletes the Secret of a missing account, and leaves other Secrets alone', () => {
  assert.deepEqual(planToken(secret(named), undefined, 'CA'), { action: 'delete' });
  const other = { ...named, 'kubernetes.io/service-account.uid': 'another' };
  assert.deepEqual(planToken(secret(other), account, 'CA'), { action: 'delete' });
  assert.deepEqual(planToken({ ...secret(named), type: 'Opaque' }, undefined, 'CA'), { action: 'none' });
});
