import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { createMetrics } from '@typernetes/process';
import { certificateMetrics } from './certificate-metrics.ts';

const day = 24 * 3600;
const notBefore = Date.UTC(2026, 0, 1);

test('counts how often signers honor the requested duration of a certificate', async () => {
  const authority = await createAuthority({ commonName: 'ca', notBefore, notAfter: Date.UTC(2036, 0) });
  const { certificate } = await createLeaf(authority, {
    commonName: 'a',
    notBefore: notBefore - 300_000,
    notAfter: notBefore + day * 1000,
    usages: ['client auth'],
  });
  const metrics = createMetrics();
  const observe = certificateMetrics(metrics)({ group: 'certificates.k8s.io', plural: 'certificatesigningrequests' });
  const request = (signerName: string, expirationSeconds: number | undefined, issued: boolean): ApiObject =>
    ({
      metadata: { name: 'a' },
      spec: { signerName, ...(expirationSeconds === undefined ? {} : { expirationSeconds }) },
      status: issued ? { certificate: Buffer.from(certificate).toString('base64') } : {},
    }) as never;
  const issue = (signerName: string, seconds: number | undefined, before = false): void =>
    observe?.(request(signerName, seconds, true), request(signerName, seconds, before));
  issue('kubernetes.io/kubelet-serving', day);
  issue('kubernetes.io/kubelet-serving', 30 * day);
  issue('example.com/mine', day);
  issue('example.com/mine', undefined);
  issue('example.com/mine', day, true);
  const name = (what: string): string => `apiserver_certificates_registry_csr_${what}_duration_total`;
  const samples = metrics
    .render()
    .split('\n')
    .filter((line) => line.includes('{'));
  assert.deepEqual(samples, [
    `${name('honored')}{signerName="kubernetes.io/kubelet-serving"} 1`,
    `${name('honored')}{signerName="other"} 1`,
    `${name('requested')}{signerName="kubernetes.io/kubelet-serving"} 2`,
    `${name('requested')}{signerName="other"} 1`,
  ]);
  assert.equal(certificateMetrics(createMetrics())({ group: '', plural: 'pods' }), undefined);
});
