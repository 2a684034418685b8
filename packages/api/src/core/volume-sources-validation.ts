import {
  invalidValue,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { type Problems, required, wellFormed } from '../meta/field-checks.ts';
import { driverNameProblems } from './csi-driver-name.ts';
import type { PersistentVolumeSpec, Volume } from './v1.gen.ts';

/** Sources that pod volumes and persistent volumes share. */
type Sources = Partial<Omit<Volume, 'name' | 'csi' | 'iscsi' | 'hostPath'>> &
  Pick<PersistentVolumeSpec, 'csi' | 'iscsi' | 'glusterfs' | 'azureFile' | 'storageos'>;

/** Required fields of each source. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  nfs: ['server', 'path'],
  glusterfs: ['endpoints', 'path'],
  rbd: ['monitors', 'image'],
  cephfs: ['monitors'],
  cinder: ['volumeID'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  azureDisk: ['diskName', 'diskURI'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  storageos: ['volumeName'],
  gitRepo: ['repository'],
  iscsi: ['targetPortal', 'iqn'],
};

/** Upstream's messages use the old names of these. */
const oldNames: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };
const range = (from: number, to: number): string => `must be between ${from} and ${to}, inclusive`;

/** Problems of a volume source that refers to storage; `isPersistent`: the source of a persistent volume. */
export function* storageSourceProblems(
  volume: object,
  at: string,
  { isPersistent }: { isPersistent: boolean },
): Problems {
  const sources = volume as Sources;
  for (const [name, fields] of Object.entries(wanted)) {
    const source = (sources as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[name];
    if (source) yield* missing(source, fields, `${at}.${oldNames[name] ?? name}`);
  }
  yield* diskProblems(sources, at);
  if (sources.nfs && !(sources.nfs.path ?? '').startsWith('/'))
    yield invalidValue(`${at}.nfs.path`, sources.nfs.path ?? '', 'must be an absolute path');
  if (sources.iscsi) yield* iscsiProblems(sources.iscsi, `${at}.iscsi`, isPersistent);
  if (sources.fc) yield* fibreProblems(sources.fc, `${at}.fc`);
  if (sources.quobyte) yield* quobyteProblems(sources.quobyte, `${at}.quobyte`);
  if (sources.azureDisk) yield* azureDiskProblems(sources.azureDisk, `${at}.azureDisk`);
  if (sources.flocker) yield* flockerProblems(sources.flocker, `${at}.flocker`);
  if (sources.flexVolume) yield* flexProblems(sources.flexVolume.options, `${at}.flexVolume.options`);
  yield* wellFormed(sources.storageos?.volumeName, { at: `${at}.storageos.volumeName`, by: labelNameProblems });
  yield* wellFormed(sources.storageos?.volumeNamespace, {
    at: `${at}.storageos.volumeNamespace`,
    by: labelNameProblems,
  });
  if (sources.azureFile?.secretNamespace === '') yield requiredValue(`${at}.azureFile.secretNamespace`);
  if (isPersistent) yield* persistentProblems(sources, at);
}

function* missing(source: Readonly<Record<string, unknown>>, fields: readonly string[], at: string): Problems {
  for (const field of fields) {
    const value = source[field];
    const isThere = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== '';
    if (!isThere) yield requiredValue(`${at}.${field}`);
  }
}

function* diskProblems({ gcePersistentDisk, awsElasticBlockStore }: Sources, at: string): Problems {
  for (const [name, disk] of [
    ['persistentDisk', gcePersistentDisk],
    ['awsElasticBlockStore', awsElasticBlockStore],
  ] as const) {
    const partition = disk?.partition ?? 0;
    if (partition < 0 || partition > 255) yield invalidValue(`${at}.${name}.partition`, partition, range(1, 255));
  }
}

const nameForms: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([\w.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[0-9A-Za-z]{16}$/,
  naa: /^naa.[0-9A-Za-z]{32}$/,
};

function* iscsiProblems(source: NonNullable<Sources['iscsi']>, at: string, isPersistent: boolean): Problems {
  const { iqn, initiatorName, lun = 0, secretRef } = source;
  if (iqn) yield* nameProblems(iqn, `${at}.iqn`, isPersistent);
  if (lun < 0 || lun > 255) yield invalidValue(`${at}.lun`, lun, range(0, 255));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !secretRef) yield requiredValue(`${at}.secretRef`);
  if (isPersistent && secretRef) yield* required(secretRef.name, `${at}.secretRef.name`);
  if (initiatorName !== undefined) yield* nameProblems(initiatorName, `${at}.initiatorname`, isPersistent);
}

function* nameProblems(name: string, at: string, isPersistent: boolean): Problems {
  const form = nameForms[name.slice(0, 3)];
  if (form?.test(name)) return;
  const detail = form || isPersistent ? 'must be valid format' : 'must be valid format starting with iqn, eui, or naa';
  yield invalidValue(at, name, detail);
}

function* fibreProblems({ targetWWNs = [], wwids = [], lun }: NonNullable<Sources['fc']>, at: string): Problems {
  if (targetWWNs.length === 0 && wwids.length === 0)
    yield requiredValue(`${at}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both');
  if (targetWWNs.length === 0) return;
  if (wwids.length > 0)
    yield invalidValue(`${at}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously');
  if (lun === undefined) yield requiredValue(`${at}.lun`, 'lun is required if targetWWNs is specified');
  else if (lun < 0 || lun > 255) yield invalidValue(`${at}.lun`, lun, range(0, 255));
}

function* quobyteProblems({ registry, tenant = '', volume }: NonNullable<Sources['quobyte']>, at: string): Problems {
  const detail = 'must be a host:port pair or multiple pairs separated by commas';
  if (!registry) yield requiredValue(`${at}.registry`, detail);
  else if (tenant.length > 64)
    yield requiredValue(`${at}.tenant`, 'must be a UUID and may not exceed a length of 64 characters');
  else {
    for (const pair of registry.split(','))
      if (!/^(\[[^\]]*\]|[^:[\]]*):[^:]*$/.test(pair)) yield invalidValue(`${at}.registry`, registry, detail);
  }
  yield* required(volume, `${at}.volume`);
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite'];
const diskKinds = ['Dedicated', 'Managed', 'Shared'];
const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

function* azureDiskProblems(disk: NonNullable<Sources['azureDisk']>, at: string): Problems {
  const { cachingMode, kind, diskURI = '' } = disk;
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode))
    yield unsupportedValue(`${at}.cachingMode`, cachingMode, cachingModes);
  if (kind === undefined) return;
  if (!diskKinds.includes(kind)) yield unsupportedValue(`${at}.kind`, kind, diskKinds);
  const [beginning, form] = kind === 'Managed' ? ['/subscriptions/', managedDisk] : ['https://', blobDisk];
  if (!diskURI.startsWith(beginning)) yield unsupportedValue(`${at}.diskURI`, diskURI, [form]);
}

function* flockerProblems(
  { datasetName = '', datasetUUID = '' }: NonNullable<Sources['flocker']>,
  at: string,
): Problems {
  if (datasetName === '' && datasetUUID === '')
    yield requiredValue(at, 'one of datasetName and datasetUUID is required');
  if (datasetName !== '' && datasetUUID !== '')
    yield invalidValue(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously');
  if (datasetName.includes('/')) yield invalidValue(`${at}.datasetName`, datasetName, "must not contain '/'");
}

function* flexProblems(options: Readonly<Record<string, string>> | undefined, at: string): Problems {
  for (const key of Object.keys(options ?? {})) {
    const namespace = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io'))
      yield invalidValue(`${at}[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved');
  }
}

interface SecretPlace {
  readonly name?: string;
  readonly namespace?: string;
}

/** Fields that only persistent volumes have: secrets in other namespaces, CSI volume handles. */
function* persistentProblems({ csi, glusterfs, cinder, storageos }: Sources, at: string): Problems {
  if (csi) {
    yield* driverNameProblems(csi.driver, `${at}.csi.driver`);
    yield* required(csi.volumeHandle, `${at}.csi.volumeHandle`);
    for (const name of [
      'controllerPublishSecretRef',
      'controllerExpandSecretRef',
      'nodePublishSecretRef',
      'nodeExpandSecretRef',
    ] as const)
      if (csi[name]) yield* secretProblems(csi[name], `${at}.csi.${name}`);
  }
  const namespace = glusterfs?.endpointsNamespace;
  if (namespace === '') {
    const detail = 'if the endpointnamespace is set, it must be a valid namespace name';
    yield invalidValue(`${at}.glusterfs.endpointsNamespace`, namespace, detail);
  }
  yield* wellFormed(namespace, { at: `${at}.glusterfs.endpointsNamespace`, by: labelNameProblems });
  for (const [source, name] of [
    [cinder, 'cinder'],
    [storageos, 'storageos'],
  ] as const) {
    const secret = source?.secretRef as SecretPlace | undefined;
    if (!secret) continue;
    yield* required(secret.name, `${at}.${name}.secretRef.name`);
    yield* required(secret.namespace, `${at}.${name}.secretRef.namespace`);
  }
}

function* secretProblems({ name, namespace }: SecretPlace, at: string): Problems {
  yield* wellFormed(name, { at: `${at}.name`, by: subdomainProblems, required: true });
  yield* wellFormed(namespace, { at: `${at}.namespace`, by: labelNameProblems, required: true });
}
