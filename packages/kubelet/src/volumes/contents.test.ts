import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '@typernetes/api/core/v1';
import { podOf } from '../testing/pod-machine.ts';
import { contentsOf } from './contents.ts';
import type { VolumeSources } from './sources.ts';

const sources = {
  configMap: async () => ({ metadata: { name: 'c' }, data: { key: 'text' } }) as never,
  certificate: async () => ({ privateKey: 'key\n', certificateChain: 'chain\n' }),
  token: async () => ({ token: 'token', expirationTimestamp: '' }),
} satisfies Partial<VolumeSources> as unknown as VolumeSources;
const facts = { nodeName: 'n', hostIps: [], podIps: [], allocatable: {} };
const volume = {
  name: 'v',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token' } },
      { podCertificate: { signerName: 's', keyType: 'ED25519', keyPath: 'key.pem' } },
      { configMap: { name: 'c' } },
    ],
  },
};

const as = (runAsUser?: number) => ({
  name: 'c',
  ...(runAsUser === undefined ? {} : { securityContext: { runAsUser } }),
});
const cases: [name: string, spec: Partial<PodSpec>, own: [mode: number, owner: number | undefined]][] = [
  ['nobody in particular', {}, [0o644, undefined]],
  ['the user of the pod', { securityContext: { runAsUser: 1000 } }, [0o600, 1000]],
  ['the user of all containers', { containers: [as(1000)], initContainers: [as(1000)] }, [0o600, 1000]],
  [
    'one user for the pod, another for a container',
    { securityContext: { runAsUser: 1000 }, containers: [as(2000), as()] },
    [0o644, undefined],
  ],
  ['a container that does not say', { containers: [as(1000), as()] }, [0o644, undefined]],
  ['a group', { securityContext: { fsGroup: 10_000 } }, [0o600, undefined]],
  ['a user and a group', { securityContext: { runAsUser: 1000, fsGroup: 10_000 } }, [0o600, 1000]],
];

for (const [name, spec, own] of cases)
  test(`tokens and keys of a pod that runs as ${name}`, async () => {
    const pod = podOf('web', { containers: [{ name: 'c' }], ...spec });
    const { payload } = (await contentsOf(pod, volume, { sources, facts: facts as never })) ?? { payload: new Map() };
    const shown = (path: string) => [payload.get(path)?.mode, payload.get(path)?.owner];
    assert.deepEqual([shown('token'), shown('key.pem')], [own, own]);
    assert.deepEqual(shown('key'), [0o644, undefined], 'other files are for all');
  });

test('an empty source yields no files, and the others are still there', async () => {
  const gated = { name: 'v', projected: { sources: [{}, { configMap: { name: 'c' } }] } };
  const pod = podOf('web', { containers: [{ name: 'c' }] });
  const contents = await contentsOf(pod, gated, { sources, facts: facts as never });
  assert.deepEqual([...(contents?.payload.keys() ?? [])], ['key']);
});
