import { renewables, renewByLocalAuthority } from '../certs/renewable.ts';
import type { InitContext } from '../init-context.ts';
import type { StaticPodName } from './new-manifests.ts';

/** The certificates that each component uses; they are renewed before the component restarts. */
const certificatesOf: Readonly<Record<StaticPodName, readonly string[]>> = {
  etcd: ['etcd-server', 'etcd-peer', 'etcd-healthcheck-client'],
  'kube-apiserver': ['apiserver', 'apiserver-kubelet-client', 'front-proxy-client', 'apiserver-etcd-client'],
  'kube-controller-manager': ['controller-manager.conf'],
  'kube-scheduler': ['scheduler.conf'],
};

export async function renewCertificatesOf(component: StaticPodName, init: InitContext): Promise<void> {
  await renew(certificatesOf[component], init, (name) => `Renewing ${name} certificate`);
}

/** The kubeconfigs of people and of kubeadm itself. */
export async function renewKubeconfigs(init: InitContext): Promise<void> {
  await renew(['admin.conf', 'super-admin.conf'], init, (name) => `Renewed certificate embedded in "${name}"`);
}

async function renew(names: readonly string[], init: InitContext, say: (name: string) => string): Promise<void> {
  const { config, host, output } = init;
  const { cluster } = config;
  const known = renewables(cluster);
  for (const name of names) {
    const item = known.find((each) => each.name === name);
    if (!item || !(await item.exists(host.files))) continue;
    if (await renewByLocalAuthority(item, { cluster, files: host.files, warned: init })) {
      output.out(`[upgrade/staticpods] ${say(name)}\n`);
    } else output.out(`[upgrade/staticpods] External CA detected, ${name} certificate can't be renewed\n`);
  }
}
