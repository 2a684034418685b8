import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodSpec } from '@typernetes/api/core/v1';
import { managedHosts } from './hosts-file.ts';

const lastLine = (spec: Partial<PodSpec>): string | undefined => {
  const pod = {
    metadata: { name: 'web', namespace: 'shop', uid: 'u' },
    spec: { containers: [], ...spec },
  } as unknown as Pod;
  return managedHosts(pod, ['10.0.0.7'], 'cluster.local').trimEnd().split('\n').at(-1);
};

test('a pod can resolve its own name and, with a subdomain, the full one, whichever the kernel has', () => {
  const both = '10.0.0.7\tone.many.shop.svc.cluster.local\tone';
  assert.equal(lastLine({}), '10.0.0.7\tweb');
  assert.equal(lastLine({ hostname: 'one' }), '10.0.0.7\tone');
  assert.equal(lastLine({ hostname: 'one', subdomain: 'many' }), both);
  assert.equal(lastLine({ hostname: 'one', subdomain: 'many', setHostnameAsFQDN: true }), both);
});

test('hostnameOverride replaces both names', () => {
  assert.equal(
    lastLine({ hostname: 'one', subdomain: 'many', hostnameOverride: 'one.example.org' }),
    '10.0.0.7\tone.example.org',
  );
});
