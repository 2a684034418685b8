import type { PersistentVolume } from '@typernetes/api/core/v1';

const plugins: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'kubernetes.io/aws-ebs',
  azureDisk: 'kubernetes.io/azure-disk',
  azureFile: 'kubernetes.io/azure-file',
  cephfs: 'kubernetes.io/cephfs',
  cinder: 'kubernetes.io/cinder',
  fc: 'kubernetes.io/fc',
  flexVolume: 'kubernetes.io/flexvolume',
  gcePersistentDisk: 'kubernetes.io/gce-pd',
  hostPath: 'kubernetes.io/host-path',
  iscsi: 'kubernetes.io/iscsi',
  local: 'kubernetes.io/local-volume',
  nfs: 'kubernetes.io/nfs',
  portworxVolume: 'kubernetes.io/portworx-volume',
  rbd: 'kubernetes.io/rbd',
  vsphereVolume: 'kubernetes.io/vsphere-volume',
};

/** The plugin name of a CSI driver's volumes in upstream's metrics. */
export const driverPlugin = (driver: string): string => `kubernetes.io/csi:${driver}`;

/** The plugin name of a volume in metrics; `N/A` if unknown. */
export function pluginNameOf({ spec }: PersistentVolume): string {
  if (spec?.csi) return driverPlugin(spec.csi.driver);
  const source = Object.keys(plugins).find((name) => spec && name in spec);
  return source === undefined ? 'N/A' : (plugins[source] ?? 'N/A');
}
