import { CertificateStore } from '../certs/certificate-store.ts';
import { controlPlaneAddress } from '../endpoint.ts';
import { joinCommand } from '../join/join-command.ts';
import { adminKubeconfig } from '../paths.ts';
import type { Phase } from '../phase.ts';
import type { InitContext } from './init-context.ts';

export const showJoinCommandPhase: Phase<InitContext> = {
  name: 'show-join-command',
  short: 'Show the join command for control-plane and worker node',
  async run({ config, host, output, skipTokenPrint }) {
    const { certificate = '' } = await new CertificateStore(config.cluster.certificatesDir, host.files).find('ca');
    const token = skipTokenPrint ? '<value withheld>' : (config.bootstrapTokens[0]?.token ?? '');
    const command = joinCommand({ address: controlPlaneAddress(config), token, caCertificate: certificate });
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

Then you can join any number of worker nodes by running the following on each as root:

${command} 
`);
  },
};
