import { configmaps, type Secret, secrets } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import type { Draft } from '@typernetes/machinery';
import { bootstrapTokenSecretName, parseBootstrapToken } from '@typernetes/pki';
import { parseCertificateKey, seal } from '../certs/certificate-sealing.ts';
import { sharedFiles } from '../certs/shared-files.ts';
import { clientOf } from '../cluster/admin-client.ts';
import { tokenSecret } from '../cluster/bootstrap-token-secret.ts';
import { ensure } from '../cluster/ensure.ts';
import { bootstrappersGroup, grantInNamespace, group } from '../cluster/rbac.ts';
import type { ClusterConfig } from '../config/internal.ts';
import { loadClusterConfig } from '../config/load.ts';
import type { Files } from '../host.ts';
import type { InitContext } from '../init-context.ts';
import type { Phase } from '../phase.ts';

export const certsSecretName = 'kubeadm-certs';
const namespace = 'kube-system';

/** How long uploaded certificates are kept: the Secret is deleted with the token that owns it. */
const lifetimeMs = 2 * 3_600_000;

export const uploadCertsPhase: Phase<InitContext> = {
  name: 'upload-certs',
  short: 'Upload certificates to kubeadm-certs',
  async run(context) {
    const { config, output } = context;
    if (!context.uploadCerts) {
      output.out('[upload-certs] Skipping phase. Please see --upload-certs\n');
      return;
    }
    await uploadCertificates(context);
    const shown = context.skipCertificateKeyPrint ? '<value withheld>' : config.certificateKey;
    output.out(`[upload-certs] Using certificate key:\n${shown}\n`);
  },
};

async function uploadCertificates(context: InitContext): Promise<void> {
  const { config, host, output, clock } = context;
  const bytes = parseCertificateKey(config.certificateKey);
  if (!bytes) throw new Error('the certificate key must be the hexadecimal form of an AES key of 32 bytes');
  output.out(
    `[upload-certs] Storing the certificates in Secret "${certsSecretName}" in the "${namespace}" Namespace\n`,
  );
  const client = await clientOf(context);
  // Run alone, the phase reads the cluster's configuration, which upload-config has stored.
  const { data: stored } = await client.resource(configmaps).get({ name: 'kubeadm-config', namespace });
  const cluster = {
    ...loadClusterConfig(stored?.ClusterConfiguration ?? ''),
    certificatesDir: config.cluster.certificatesDir,
  };
  const data = await sealedFiles(host.files, { cluster, key: bytes });
  const owner = await createOwner(client, { token: context.newToken(), now: clock.now() });
  const secret: Draft<Secret> = {
    metadata: {
      name: certsSecretName,
      namespace,
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          name: owner.metadata.name,
          uid: owner.metadata.uid ?? '',
          blockOwnerDeletion: true,
          controller: true,
        },
      ],
    },
    data,
  };
  await ensure(client, secrets, secret);
  await grantInNamespace(client, {
    name: 'kubeadm:kubeadm-certs',
    namespace,
    rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: [certsSecretName], verbs: ['get'] }],
    subjects: [group(bootstrappersGroup)],
  });
}

/** The Secret of a token without usages. The token cleaner deletes it when it expires, and garbage collection what it owns. */
async function createOwner(client: ApiClient, { token, now }: { token: string; now: number }): Promise<Secret> {
  const description = 'Proxy for managing TTL for the kubeadm-certs secret';
  const draft = tokenSecret({ token, description, ttlMs: lifetimeMs, usages: [], groups: [] }, now);
  await ensure(client, secrets, draft);
  const name = bootstrapTokenSecretName(parseBootstrapToken(token)?.id ?? '');
  return client.resource(secrets).get({ name, namespace });
}

async function sealedFiles(
  files: Pick<Files, 'read'>,
  { cluster, key }: { cluster: ClusterConfig; key: Uint8Array },
): Promise<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const { key: name, path } of sharedFiles(cluster)) {
    const text = await files.read(path);
    if (text === undefined) throw new Error(`couldn't load the certificate file ${path}`);
    data[name] = seal(Buffer.from(text), key).toString('base64');
  }
  return data;
}
