import type { PersistentVolumeSpec, Volume } from '@typernetes/api/core/v1';
import { compareQuantities, isJsonObject, parseQuantity, zeroQuantity } from '@typernetes/machinery';
import type { Description } from './description.ts';
import { goList } from './metadata.ts';
import { claimClass, describeClaimBody } from './persistent-volume-claim.ts';

/** The fields of a source with their titles in a description. The third element is shown for an absent value. */
interface SourceLayout {
  readonly type: string;
  readonly fields: readonly (readonly [title: string, field: string, absent?: string])[];
}

const readOnly = ['ReadOnly', 'readOnly', 'false'] as const;
const fsType = ['FSType', 'fsType'] as const;
const optional = ['Optional', 'optional', 'false'] as const;
const secretRef = ['SecretRef', 'secretRef', 'nil'] as const;

const scaleIo = 'ScaleIO (a persistent volume backed by a block device in ScaleIO)';
const ofScaleIo = [
  ['Gateway', 'gateway'],
  ['System', 'system'],
  ['Protection Domain', 'protectionDomain'],
  ['Storage Pool', 'storagePool'],
  ['Storage Mode', 'storageMode'],
  ['VolumeName', 'volumeName'],
] as const;

/** Sources that are plain lists of fields. */
const layouts: Readonly<Record<string, SourceLayout>> = {
  hostPath: {
    type: 'HostPath (bare host directory volume)',
    fields: [
      ['Path', 'path'],
      ['HostPathType', 'type', '<none>'],
    ],
  },
  gcePersistentDisk: {
    type: 'GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)',
    fields: [['PDName', 'pdName'], fsType, ['Partition', 'partition', '0'], readOnly],
  },
  awsElasticBlockStore: {
    type: 'AWSElasticBlockStore (a Persistent Disk resource in AWS)',
    fields: [['VolumeID', 'volumeID'], fsType, ['Partition', 'partition', '0'], readOnly],
  },
  gitRepo: {
    type: 'GitRepo (a volume that is pulled from git when the pod is created)',
    fields: [
      ['Repository', 'repository'],
      ['Revision', 'revision'],
    ],
  },
  secret: { type: 'Secret (a volume populated by a Secret)', fields: [['SecretName', 'secretName'], optional] },
  configMap: { type: 'ConfigMap (a volume populated by a ConfigMap)', fields: [['Name', 'name'], optional] },
  nfs: {
    type: 'NFS (an NFS mount that lasts the lifetime of a pod)',
    fields: [['Server', 'server'], ['Path', 'path'], readOnly],
  },
  iscsi: {
    type: "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
    fields: [
      ['TargetPortal', 'targetPortal'],
      ['IQN', 'iqn'],
      ['Lun', 'lun', '0'],
      // Upstream has no colon here.
      ['ISCSIInterface', 'iscsiInterface'],
      fsType,
      readOnly,
      ['Portals', 'portals', '[]'],
      ['DiscoveryCHAPAuth', 'chapAuthDiscovery', 'false'],
      ['SessionCHAPAuth', 'chapAuthSession', 'false'],
      secretRef,
      ['InitiatorName', 'initiatorName', '<none>'],
    ],
  },
  persistentVolumeClaim: {
    type: 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
    fields: [['ClaimName', 'claimName'], readOnly],
  },
  rbd: {
    type: "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
    fields: [
      ['CephMonitors', 'monitors', '[]'],
      ['RBDImage', 'image'],
      fsType,
      ['RBDPool', 'pool'],
      ['RadosUser', 'user'],
      ['Keyring', 'keyring'],
      secretRef,
      readOnly,
    ],
  },
  quobyte: {
    type: "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
    fields: [['Registry', 'registry'], ['Volume', 'volume'], readOnly],
  },
  azureDisk: {
    type: 'AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)',
    fields: [
      ['DiskName', 'diskName'],
      ['DiskURI', 'diskURI'],
      ['Kind', 'kind'],
      fsType,
      ['CachingMode', 'cachingMode'],
      readOnly,
    ],
  },
  vsphereVolume: {
    type: 'vSphereVolume (a Persistent Disk resource in vSphere)',
    fields: [['VolumePath', 'volumePath'], fsType, ['StoragePolicyName', 'storagePolicyName']],
  },
  cinder: {
    type: 'Cinder (a Persistent Disk resource in OpenStack)',
    fields: [['VolumeID', 'volumeID'], fsType, readOnly, secretRef],
  },
  photonPersistentDisk: {
    type: 'PhotonPersistentDisk (a Persistent Disk resource in photon platform)',
    fields: [['PdID', 'pdID'], fsType],
  },
  portworxVolume: { type: 'PortworxVolume (a Portworx Volume resource)', fields: [['VolumeID', 'volumeID']] },
  local: {
    type: 'LocalVolume (a persistent volume backed by local storage on a node)',
    fields: [['Path', 'path']],
  },
  cephfs: {
    type: "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
    fields: [
      ['Monitors', 'monitors', '[]'],
      ['Path', 'path'],
      ['User', 'user'],
      ['SecretFile', 'secretFile'],
      secretRef,
      readOnly,
    ],
  },
  fc: {
    type: 'FC (a Fibre Channel disk)',
    fields: [['TargetWWNs', 'targetWWNs'], ['LUN', 'lun', '<none>'], fsType, readOnly],
  },
  flexVolume: {
    type: 'FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)',
    fields: [['Driver', 'driver'], fsType, secretRef, readOnly, ['Options', 'options', 'map[]']],
  },
  flocker: {
    type: 'Flocker (a Flocker volume mounted by the Flocker agent)',
    fields: [
      ['DatasetName', 'datasetName'],
      ['DatasetUUID', 'datasetUUID'],
    ],
  },
  image: {
    type: 'Image (a container image or OCI artifact)',
    fields: [
      ['Reference', 'reference'],
      ['PullPolicy', 'pullPolicy'],
    ],
  },
  csi: {
    type: 'CSI (a Container Storage Interface (CSI) volume source)',
    fields: [['Driver', 'driver'], fsType, readOnly],
  },
  scaleIO: { type: scaleIo, fields: [...ofScaleIo, fsType, readOnly] },
  storageos: {
    type: 'StorageOS (a StorageOS Persistent Disk resource)',
    fields: [['VolumeName', 'volumeName'], ['VolumeNamespace', 'volumeNamespace'], fsType, readOnly],
  },
};

/** Differences between persistent volumes and pods' volumes. */
const persistentLayouts: Readonly<Record<string, SourceLayout>> = {
  ...layouts,
  csi: {
    type: 'CSI (a Container Storage Interface (CSI) volume source)',
    fields: [['Driver', 'driver'], fsType, ['VolumeHandle', 'volumeHandle'], readOnly],
  },
  scaleIO: {
    type: scaleIo,
    fields: [
      ...ofScaleIo,
      ['SecretName', 'secretRef.name'],
      ['SecretNamespace', 'secretRef.namespace'],
      fsType,
      readOnly,
    ],
  },
  glusterfs: {
    type: "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
    fields: [
      ['EndpointsName', 'endpoints'],
      ['EndpointsNamespace', 'endpointsNamespace', '<unset>'],
      ['Path', 'path'],
      readOnly,
    ],
  },
  azureFile: {
    type: 'AzureFile (an Azure File Service mount on the host and bind mount to the pod)',
    fields: [
      ['SecretName', 'secretName'],
      ['SecretNamespace', 'secretNamespace'],
      ['ShareName', 'shareName'],
      readOnly,
    ],
  },
};

const podLayouts: Readonly<Record<string, SourceLayout>> = {
  ...layouts,
  glusterfs: {
    type: "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
    fields: [['EndpointsName', 'endpoints'], ['Path', 'path'], readOnly],
  },
  azureFile: {
    type: 'AzureFile (an Azure File Service mount on the host and bind mount to the pod)',
    fields: [['SecretName', 'secretName'], ['ShareName', 'shareName'], readOnly],
  },
};

/** A volume's source: its type, then its fields. */
export function describeVolumeSource(
  text: Description,
  level: number,
  of: { source: Volume | PersistentVolumeSpec; persistent: boolean },
): void {
  const source = of.source as Volume;
  if (source.emptyDir) emptyDirectory(text, level, source.emptyDir);
  else if (source.downwardAPI) downward(text, level, source.downwardAPI);
  else if (source.projected) projected(text, level, source.projected);
  else if (source.ephemeral) ephemeral(text, level, source.ephemeral);
  else plainSource(text, level, of);
}

function plainSource(
  text: Description,
  level: number,
  of: { source: Volume | PersistentVolumeSpec; persistent: boolean },
): void {
  const source = of.source as Volume;
  const kinds = of.persistent ? persistentLayouts : podLayouts;
  const kind = Object.keys(source).find((field) => Object.hasOwn(kinds, field) && isJsonObject(source[field as 'csi']));
  const layout = kind === undefined ? undefined : kinds[kind];
  if (!kind || !layout) {
    text.line(1, '<unknown>');
    return;
  }
  const fields = source[kind as 'csi'] as unknown as Readonly<Record<string, unknown>>;
  text.line(level, 'Type:', layout.type);
  for (const [title, field, absent = ''] of layout.fields)
    text.line(
      level,
      title === 'ISCSIInterface' ? title : `${title}:`,
      absent === 'nil'
        ? referenceText(fields[field] as Reference | undefined, of.persistent)
        : valueText(valueAt(fields, field), absent),
    );
  const attributes = source.csi?.volumeAttributes;
  if (kind !== 'csi') return;
  // `<none>` is not indented.
  if (Object.keys(attributes ?? {}).length === 0) text.line(level, 'VolumeAttributes:', '<none>');
  else text.nestedPairs(level, 'VolumeAttributes:', attributes);
}

function valueAt(fields: Readonly<Record<string, unknown>>, path: string): unknown {
  const [first = '', second] = path.split('.');
  const value = fields[first];
  return second === undefined ? value : isJsonObject(value) ? value[second] : undefined;
}

interface Reference {
  readonly name?: string;
  readonly namespace?: string;
}

/** As Go prints its types: that of persistent volumes has a namespace, if an empty one. */
function referenceText(reference: Reference | undefined, persistent: boolean): string {
  if (!reference) return 'nil';
  const { name = '', namespace = '' } = reference;
  return persistent ? `&SecretReference{Name:${name},Namespace:${namespace},}` : `&LocalObjectReference{Name:${name},}`;
}

function valueText(value: unknown, absent: string): string {
  if (value === undefined || value === null) return absent;
  if (Array.isArray(value)) return absent === '[]' ? goList(value as string[]) : value.join(', ');
  if (!isJsonObject(value)) return String(value);
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([key, one]) => `${key}:${String(one)}`).join(' ')}]`;
}

function emptyDirectory(
  text: Description,
  level: number,
  { medium, sizeLimit }: NonNullable<Volume['emptyDir']>,
): void {
  const limited = sizeLimit !== undefined && compareQuantities(parseQuantity(sizeLimit), zeroQuantity) > 0;
  text.line(level, 'Type:', "EmptyDir (a temporary directory that shares a pod's lifetime)");
  text.line(level, 'Medium:', medium ?? '');
  text.line(level, 'SizeLimit:', limited ? sizeLimit : '<unset>');
}

function downward(text: Description, level: number, { items = [] }: NonNullable<Volume['downwardAPI']>): void {
  text.line(level, 'Type:', 'DownwardAPI (a volume populated by information about the pod)');
  text.line(level, 'Items:');
  for (const { fieldRef, resourceFieldRef, path } of items)
    text.line(level + 1, `${fieldRef?.fieldPath ?? resourceFieldRef?.resource} -> ${path}`);
}

function projected(text: Description, level: number, { sources }: NonNullable<Volume['projected']>): void {
  text.line(level, 'Type:', 'Projected (a volume that contains injected data from multiple sources)');
  for (const { secret, downwardAPI, configMap, serviceAccountToken } of sources ?? []) {
    const named = secret ?? configMap;
    if (named) {
      text.line(level, secret ? 'SecretName:' : 'ConfigMapName:', named.name ?? '');
      text.line(level, 'Optional:', String(named.optional ?? false));
    } else if (downwardAPI) text.line(level, 'DownwardAPI:', 'true');
    else if (serviceAccountToken)
      text.line(level, 'TokenExpirationSeconds:', String(serviceAccountToken.expirationSeconds ?? 3600));
  }
}

function ephemeral(text: Description, level: number, { volumeClaimTemplate }: NonNullable<Volume['ephemeral']>): void {
  const type = 'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)';
  text.line(level, 'Type:', type);
  if (!volumeClaimTemplate) return;
  text.line(level, 'StorageClass:', claimClass(volumeClaimTemplate));
  describeClaimBody(text, level, volumeClaimTemplate, false);
}
