import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterTrustBundle } from '@typernetes/api/certificates/v1beta1';
import type { ClusterTrustBundleProjection } from '@typernetes/api/core/v1';
import { StatusError } from '@typernetes/machinery';
import { trustAnchors } from './trust-anchors.ts';

const pem = (content: string): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(content).toString('base64')}\n-----END CERTIFICATE-----\n`;

const bundle = (
  name: string,
  signerName: string | undefined,
  labels: Record<string, string>,
  trustBundle: string,
): ClusterTrustBundle => ({
  metadata: { name, labels, uid: '', resourceVersion: '', creationTimestamp: '' },
  spec: { ...(signerName === undefined ? {} : { signerName }), trustBundle },
});

const bundles = [
  bundle('mine', undefined, {}, `Some words\n${pem('b')}and some more\n${pem('a')}${pem('b')}`),
  bundle('signer:live', 'example.com/signer', { stage: 'live' }, pem('c') + pem('a')),
  bundle('signer:canary', 'example.com/signer', { stage: 'canary' }, pem('a') + pem('d')),
  bundle('other:live', 'example.com/other', { stage: 'live' }, pem('e')),
];

const anchors = (source: Omit<ClusterTrustBundleProjection, 'path'>): Promise<string> =>
  trustAnchors(
    { ...source, path: 'ca.pem' },
    {
      trustBundle: async (name) => {
        const found = bundles.find(({ metadata }) => metadata.name === name);
        if (found) return found;
        throw new StatusError('NotFound', `clustertrustbundles.certificates.k8s.io "${name}" not found`);
      },
      trustBundles: async () => bundles,
    },
  );

test('writes a named bundle without its comments, each certificate once', async () => {
  assert.equal(await anchors({ name: 'mine' }), pem('a') + pem('b'));
});

test("a signer's bundles are selected by labels: an empty selector means all, none means none", async () => {
  const signerName = 'example.com/signer';
  const live = { matchLabels: { stage: 'live' } };
  assert.equal(await anchors({ signerName, labelSelector: live }), pem('a') + pem('c'));
  assert.equal(await anchors({ signerName, labelSelector: {} }), pem('a') + pem('c') + pem('d'));
  const message = 'combination of signerName and labelSelector matched zero ClusterTrustBundles';
  await assert.rejects(anchors({ signerName }), { message });
  assert.equal(await anchors({ signerName, optional: true }), '');
});

test('a missing bundle keeps the pod waiting, unless it is optional', async () => {
  const message = 'while getting ClusterTrustBundle: clustertrustbundles.certificates.k8s.io "none" not found';
  await assert.rejects(anchors({ name: 'none' }), { message });
  assert.equal(await anchors({ name: 'none', optional: true }), '');
  await assert.rejects(anchors({}), /requires either name or signerName to be set/);
});
