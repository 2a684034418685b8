import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createAuthority, createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { compareWithRecorded } from './kubectl-recorded.ts';

const lines = join(import.meta.dirname, 'testdata/kubectl-lines');
const folder = mkdtempSync(join(tmpdir(), 'kubectl-lines-'));

/** What cannot lie in the repository: binary data, keys, and requests signed with them. */
before(async () => {
  cpSync(join(lines, 'files'), folder, { recursive: true });
  for (const path of ['bin.dat', 'dir/b.dat']) writeFileSync(join(folder, path), 'x\0y');
  const day = 86_400_000;
  const validity = { notBefore: Date.now(), notAfter: Date.now() + day };
  const { certificate, privateKey } = await createAuthority({ commonName: 'x', ...validity });
  writeFileSync(join(folder, 'tls.crt'), certificate);
  writeFileSync(join(folder, 'tls.key'), privateKey);
  const request = await createSigningRequest(privateKeyPem(await newPrivateKey()), { commonName: 'jane' });
  for (const [file, name] of [
    ['csr.yaml', 'jane'],
    ['csr2.yaml', 'joe'],
  ] as const)
    writeFileSync(
      join(folder, file),
      JSON.stringify({
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name },
        spec: {
          request: Buffer.from(request).toString('base64'),
          signerName: 'kubernetes.io/kube-apiserver-client',
          usages: ['client auth'],
        },
      }),
    );
});
after(() => rmSync(folder, { recursive: true }));

for (const [name, what] of [
  ['create', 'create with all of its generators, and run'],
  ['set', 'set, expose, autoscale, patch, cordon and drain'],
  [
    'others',
    'auth, certificate, edit, diff, events, annotate, wait, rollout, delete, replace and what reaches into pods',
  ],
] as const) {
  test(`${what} say and do what upstream's do, flag by flag and mistake by mistake`, () =>
    compareWithRecorded({
      name,
      folder,
      script: readFileSync(join(lines, `${name}.txt`), 'utf8').replaceAll('FOLDER', folder),
      environment: { KUBE_EDITOR: 'true', SHELL: '/bin/sh' },
    }));
}
