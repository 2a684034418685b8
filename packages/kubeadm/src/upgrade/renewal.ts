import { failed } from '../certs/certificate-store.ts';
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
  const { output } = init;
  await renew(certificatesOf[component], init, {
    before: (name) => output.out(`[upgrade/staticpods] Renewing ${name} certificate\n`),
  }).catch(failed(`failed to renew certificates for component "${component}"`));
}

/** The kubeconfigs of people and of kubeadm itself. */
export async function renewKubeconfigs(init: InitContext): Promise<void> {
  const { output } = init;
  for (const file of ['admin.conf', 'super-admin.conf']) {
    await renew([file], init, {
      after: (name) => output.out(`[upgrade/staticpods] Renewed certificate embedded in "${name}"\n`),
    }).catch(failed(`failed to upgrade the ${file} certificates`));
  }
}

async function renew(
  names: readonly string[],
  init: InitContext,
  say: { readonly before?: (name: string) => void; readonly after?: (name: string) => void },
): Promise<void> {
  const { config, host, output } = init;
  const { cluster } = config;
  const known = renewables(cluster);
  for (const name of names) {
    const item = known.find((each) => each.name === name);
    if (!item || !(await item.exists(host.files))) continue;
    say.before?.(name);
    if (await renewByLocalAuthority(item, { cluster, files: host.files, warned: init })) {
      say.after?.(name);
    } else output.out(`[upgrade/staticpods] External CA detected, ${name} certificate can't be renewed\n`);
  }
}
