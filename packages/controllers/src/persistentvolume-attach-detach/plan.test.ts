import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import type { VolumeAttachment } from '@typernetes/api/storage/v1';
import { multiAttachMessage } from './multi-attach.ts';
import { attachmentNameOf } from './names.ts';
import { planAttachments } from './plan.ts';
import type { WantedVolume } from './wanted.ts';

const meta = (name: string, namespace = 'shop') => ({
  name,
  namespace,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
});
const pod = (name: string, namespace?: string) => ({ metadata: meta(name, namespace) }) as Pod;

test('the name of an attachment is what a kubelet looks for', () =>
  assert.match(attachmentNameOf({ driver: 'd', volumeHandle: 'h' }, 'n'), /^csi-[0-9a-f]{64}$/));

const messages: [name: string, holders: Pod[], why: string][] = [
  ['nobody', [], "Volume is already exclusively attached to one node and can't be attached to another"],
  ['neighbours', [pod('a'), pod('b')], 'Volume is already used by pod(s) a, b'],
  ['strangers', [pod('a', 'other')], 'Volume is already used by 1 pod(s) in different namespaces'],
  ['both', [pod('a'), pod('b', 'other')], 'Volume is already used by pod(s) a and 1 pod(s) in different namespaces'],
];
for (const [name, holders, why] of messages)
  test(`held by ${name}`, () =>
    assert.equal(multiAttachMessage('pv', pod('x'), holders), `Multi-Attach error for volume "pv" ${why}`));

const wanted = (name: string, shareable: boolean): [string, WantedVolume] => [
  name,
  { name, source: { driver: 'd', volumeHandle: name }, volume: name, shareable, pods: [] },
];

test('attaches shared volumes to several nodes, waits for detaching ones, and detaches unused ones', () => {
  const attachment = (name: string, deletionTimestamp?: string) => ({
    name,
    attachment: {
      metadata: { ...meta(name), ...(deletionTimestamp ? { deletionTimestamp } : {}) },
      status: { attached: true },
    } as VolumeAttachment,
  });
  const plan = planAttachments({
    node: { metadata: meta('n'), spec: {} },
    wanted: new Map([wanted('shared', true), wanted('single', false), wanted('going', false), wanted('kept', false)]),
    held: [attachment('going', '2026-01-01T00:00:00Z'), attachment('kept'), attachment('idle')],
    isElsewhere: () => true,
    idleMs: () => 0,
    forceOnTimeout: true,
  });
  const names = (of: readonly { name: string }[]) => of.map(({ name }) => name);
  assert.deepEqual(
    [names(plan.attach), names(plan.refused), names(plan.detach), names(plan.attached)],
    [['shared'], ['single'], ['idle'], ['kept']],
  );
});
