import { secrets } from '@typernetes/api/core/v1';
import { isNotFound } from '@typernetes/machinery';
import { parseCertificateKey, unseal } from '../certs/certificate-sealing.ts';
import { sharedFiles } from '../certs/shared-files.ts';
import { patientClient } from '../cluster/patient-transport.ts';
import { bootstrapKubeconfigText } from '../join/control-plane-context.ts';
import type { JoinContext } from '../join/join-context.ts';
import type { Phase } from '../phase.ts';
import { certsSecretName } from './upload-certs.ts';

const namespace = 'kube-system';

/** Downloads the authorities and keys that another control plane has uploaded. */
export const downloadCertsPhase: Phase<JoinContext> = {
  name: 'download-certs',
  short: 'Download certificates shared among control-plane nodes from the kubeadm-certs Secret',
  skipIf: ({ config }) => (config.controlPlane?.certificateKey ? undefined : 'there is no certificate key'),
  async run(context, signal) {
    const { config, host, output } = context;
    const { cluster } = (await context.asControlPlane(signal)).config;
    const key = parseCertificateKey(config.controlPlane?.certificateKey ?? '');
    if (!key) throw new Error('error downloading certs: the certificate key is not valid');
    output.out(
      `[download-certs] Downloading the certificates in Secret "${certsSecretName}" in the "${namespace}" Namespace\n`,
    );
    const data = await sealedCertificates(context, signal);
    output.out(`[download-certs] Saving the certificates to the folder: "${cluster.certificatesDir}"\n`);
    for (const { key: name, path } of sharedFiles(cluster)) {
      const sealed = data[name];
      if (sealed === undefined) {
        // The key of an external CA is not uploaded.
        if (path.endsWith('.key')) continue;
        throw new Error(
          `error downloading certs: the Secret does not include the required certificate or key - name: ${name}, path: ${path}`,
        );
      }
      const mode = path.endsWith('.key') ? 0o600 : 0o644;
      await host.files.write(path, unsealed(sealed, key), { mode });
    }
  },
};

function unsealed(sealed: string, key: Uint8Array): string {
  try {
    return unseal(Buffer.from(sealed, 'base64'), key).toString('utf8');
  } catch (cause) {
    throw new Error('error downloading certs: error decoding secret data with provided key', { cause });
  }
}

async function sealedCertificates(
  context: JoinContext,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { config, clock } = context;
  const kubeconfig = bootstrapKubeconfigText(await context.cluster(signal), config.tlsBootstrapToken);
  const timeoutMs = config.timeouts.kubernetesApiCallMs;
  const client = patientClient(context.connect(kubeconfig), { clock, timeoutMs });
  try {
    const { data } = await client.resource(secrets).get({ name: certsSecretName, namespace }, { signal });
    return data ?? {};
  } catch (error) {
    if (!isNotFound(error)) throw new Error('error downloading certs: error downloading the secret', { cause: error });
    throw new Error(
      `error downloading certs: error downloading the secret: Secret "${certsSecretName}" was not found in the "${namespace}" Namespace. This Secret might have expired. Please, run \`kubeadm init phase upload-certs --upload-certs\` on a control plane to generate a new one`,
      { cause: error },
    );
  } finally {
    client.transport.close();
  }
}
