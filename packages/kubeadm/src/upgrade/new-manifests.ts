import type { Pod } from '@typernetes/api/core/v1';
import { decodeDocument, encodeYaml } from '@typernetes/process';
import { etcdPod, type InitialMember } from '../manifests/etcd.ts';
import { manifestsFolder } from '../paths.ts';
import { componentPod, controlPlaneComponents } from '../phases/control-plane.ts';
import { etcdManifest } from '../phases/etcd.ts';
import type { UpgradeContext } from './upgrade-context.ts';

export type StaticPodName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

/** A component's manifest of this release. */
export interface NewManifest {
  readonly component: StaticPodName;
  /** The path at which the kubelet reads it. */
  readonly path: string;
  readonly text: string;
}

/** The manifests of this machine's control plane, in the order of their replacement: dependencies first. */
export async function newManifests({ init, config }: Pick<UpgradeContext, 'init' | 'config'>): Promise<NewManifest[]> {
  const { patches, host } = init;
  const { storage } = init.config.cluster;
  const manifests: NewManifest[] = [];
  if (storage.kind === 'stacked-etcd' && config.etcdUpgrade) {
    const members = initialMembers(await host.files.read(etcdManifest));
    const pod = await patches.apply('etcd', etcdPod(init.config, storage, members));
    manifests.push({ component: 'etcd', path: etcdManifest, text: encodeYaml(pod) });
  }
  for (const each of controlPlaneComponents) {
    const text = encodeYaml(await componentPod(each, init));
    manifests.push({ component: each.component, path: `${manifestsFolder}/${each.component}.yaml`, text });
  }
  return manifests;
}

/** A member that joined a cluster keeps its flags for that. */
function initialMembers(manifest: string | undefined): InitialMember[] {
  const command = manifest === undefined ? [] : ((decodeDocument(manifest) as Pod).spec?.containers[0]?.command ?? []);
  if (!command.includes('--initial-cluster-state=existing')) return [];
  const flag = command.find((argument) => argument.startsWith('--initial-cluster=')) ?? '';
  return flag
    .slice('--initial-cluster='.length)
    .split(',')
    .map((member) => {
      const [name = '', peerUrl = ''] = member.split('=', 2);
      return { name, peerUrl };
    });
}
