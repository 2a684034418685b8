import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret, ServiceAccount } from '@typernetes/api/core/v1';
import { planLegacyToken, tracksFrom } from './plan.ts';

const now = Date.parse('2026-06-30T12:00:00Z');
const periodMs = 30 * 24 * 3_600_000;
const account: ServiceAccount = {
  metadata: { name: 'robot', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  secrets: [{ name: 'robot-token' }],
};
const token = (
  labels: Record<string, string> = {},
  over: object = {},
  type = 'kubernetes.io/service-account-token',
): Secret => ({
  metadata: {
    name: 'robot-token',
    namespace: 'shop',
    uid: 's',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { 'kubernetes.io/service-account.name': 'robot', 'kubernetes.io/service-account.uid': 'u' },
    labels,
    ...over,
  },
  type,
});
const used = (day: string) => ({ 'kubernetes.io/legacy-token-last-used': day });
const invalid = (day: string) => ({ 'kubernetes.io/legacy-token-invalid-since': day });

const cases: [name: string, secret: Secret, plan: 'mark' | 'delete' | undefined][] = [
  ['never used', token(), 'mark'],
  ['used long ago', token(used('2026-05-30')), 'mark'],
  ['used lately', token(used('2026-05-31')), undefined],
  ['used on no day', token(used('yesterday')), undefined],
  ['marked lately', token(invalid('2026-05-31')), undefined],
  ['marked long ago', token(invalid('2026-05-30')), 'delete'],
  ['marked with no day', token(invalid('soon')), 'mark'],
  ['young', token({}, { creationTimestamp: '2026-06-01T00:00:00Z' }), undefined],
  ['going', token({}, { deletionTimestamp: '2026-06-30T00:00:00Z' }), undefined],
  ['made by hand', token({}, { name: 'mine' }), undefined],
  ["another account's", token({}, { annotations: { 'kubernetes.io/service-account.name': 'other' } }), undefined],
  ['of another kind', token({}, {}, 'Opaque'), undefined],
];
for (const [name, secret, plan] of cases)
  test(`a token that is ${name}`, () =>
    assert.equal(planLegacyToken(secret, { account, isMounted: () => false, now, periodMs }), plan));

test('keeps a token that a pod mounts, or whose account is gone', () => {
  assert.equal(planLegacyToken(token(), { account, isMounted: () => true, now, periodMs }), undefined);
  assert.equal(planLegacyToken(token(), { account: undefined, isMounted: () => false, now, periodMs }), undefined);
});

test('tracking counts from the day after it began', () =>
  assert.equal(tracksFrom('2026-05-30', periodMs), Date.parse('2026-06-30T00:00:00Z')));
