import { CertificateStore } from '../certs/certificate-store.ts';
import { authorityState } from '../certs/external-authority.ts';
import type { InitContext } from '../init-context.ts';
import { requireGivenKubeconfigs } from './kubeconfig.ts';

/**
 * Whether the CA is external. Throws, before any phase runs, where the key of an authority is elsewhere and not all that it has to sign is here:
 * kubeadm cannot make it.
 */
export async function checkExternalCa(context: InitContext): Promise<boolean> {
  const { config, host, uploadCerts } = context;
  const store = new CertificateStore(config.cluster.certificatesDir, host.files);
  const isExternal = async (file: string, called: string): Promise<boolean> => {
    const { external, problem } = await authorityState(store, file, context);
    if (external && problem !== undefined) throw new Error(`invalid or incomplete ${called}`, { cause: problem });
    return external;
  };
  const ca = await isExternal('ca', 'external CA');
  if (ca) await requireGivenKubeconfigs(context);
  const frontProxy = await isExternal('front-proxy-ca', 'external front-proxy CA');
  if (uploadCerts && (ca || frontProxy)) {
    throw new Error("can't use upload-certs with an external CA or an external front-proxy CA");
  }
  return ca;
}
