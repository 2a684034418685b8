import { CertificateStore } from '../certs/certificate-store.ts';
import { controlPlaneAddress } from '../endpoint.ts';
import type { InitContext } from '../init-context.ts';
import { joinCommand } from '../join/join-command.ts';
import { adminKubeconfig } from '../paths.ts';
import type { Phase } from '../phase.ts';

export const showJoinCommandPhase: Phase<InitContext> = {
  name: 'show-join-command',
  short: 'Show the join command for control-plane and worker node',
  async run(context) {
    const { config, host, output, skipTokenPrint } = context;
    const certificate = await new CertificateStore(config.cluster.certificatesDir, host.files).bundle('ca');
    const token = skipTokenPrint ? '<value withheld>' : (config.bootstrapTokens[0]?.token ?? '');
    const cluster = { address: controlPlaneAddress(config), token, caCertificate: certificate };
    output.out(`
Your Kubernetes control-plane has initialized successfully!

To start using your cluster, you need to run the following as a regular user:

  mkdir -p $HOME/.kube
  sudo cp -i ${adminKubeconfig} $HOME/.kube/config
  sudo chown $(id -u):$(id -g) $HOME/.kube/config

Alternatively, if you are the root user, you can run:

  export KUBECONFIG=${adminKubeconfig}

You should now deploy a pod network to the cluster.
Run "kubectl apply -f [podnetwork].yaml" with one of the options listed at:
  https://kubernetes.io/docs/concepts/cluster-administration/addons/

${forControlPlanes(context, cluster)}Then you can join any number of worker nodes by running the following on each as root:

${joinCommand(cluster)} 
`);
  },
};

/** The instructions for joining control planes, if this cluster can have several. */
function forControlPlanes(
  { config, uploadCerts, skipCertificateKeyPrint }: InitContext,
  cluster: Parameters<typeof joinCommand>[0],
): string {
  if (config.cluster.controlPlaneEndpoint === '' || config.cluster.storage.kind === 'embedded') return '';
  if (!uploadCerts) {
    return `You can now join any number of control-plane nodes by copying certificate authorities
and service account keys on each node and then running the following as root:

  ${joinCommand(cluster, {})} 

`;
  }
  const certificateKey = skipCertificateKeyPrint ? '<value withheld>' : config.certificateKey;
  return `You can now join any number of control-plane nodes running the following command on each as root:

  ${joinCommand(cluster, { certificateKey })}

Please note that the certificate-key gives access to cluster sensitive data, keep it secret!
As a safeguard, uploaded-certs will be deleted in two hours; If necessary, you can use
"kubeadm init phase upload-certs --upload-certs" to reload certs afterward.

`;
}
