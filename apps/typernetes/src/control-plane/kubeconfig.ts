import { formatKubeconfig, singleContext } from '@typernetes/client';
import type { Identity } from '@typernetes/pki';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A self-contained kubeconfig, as YAML. */
export function kubeconfigOf(
  server: { readonly url: string; readonly ca: string },
  user: { readonly name: string; readonly identity: Identity },
): string {
  return formatKubeconfig(
    singleContext({
      clusterName: 'typernetes',
      cluster: { server: server.url, 'certificate-authority-data': base64(server.ca) },
      userName: user.name,
      user: {
        'client-certificate-data': base64(user.identity.certificate),
        'client-key-data': base64(user.identity.privateKey),
      },
    }),
  );
}
