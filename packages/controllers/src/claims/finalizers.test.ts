import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Protection, planProtection } from './finalizers.ts';

const cases: [name: string, finalizers: string[], deleting: boolean, used: boolean, plan: Protection][] = [
  ['new', [], false, false, 'add'],
  ['protected', ['p'], false, true, undefined],
  ['deleted, used', ['p'], true, true, undefined],
  ['deleted, unused', ['p'], true, false, 'remove'],
  ['deleted, never protected', ['other'], true, false, undefined],
];
for (const [name, finalizers, deleting, used, plan] of cases)
  test(name, () => {
    const metadata = { name: 'x', uid: '', resourceVersion: '', creationTimestamp: '', finalizers };
    const object = { metadata: deleting ? { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } : metadata };
    assert.equal(
      planProtection(object, 'p', () => used),
      plan,
    );
  });
