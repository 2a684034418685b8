import type { DecodedDocuments } from './decoded-documents.ts';
import {
  componentDocuments,
  componentFields,
  componentsOf,
  defined,
  discoveryFields,
  discoveryOf,
  type Fields,
  filled,
  localEtcd,
  object,
  refuseUnknown,
  registration,
  warningsOf,
} from './old-fields.ts';

const masterFields = `bootstrapTokens nodeRegistration api kubeProxy etcd kubeletConfiguration networking kubernetesVersion ${componentFields} certificatesDir imageRepository unifiedControlPlaneImage auditPolicy featureGates clusterName`;
const v1alpha3 = {
  InitConfiguration: 'bootstrapTokens nodeRegistration apiEndpoint',
  ClusterConfiguration: `etcd networking kubernetesVersion controlPlaneEndpoint ${componentFields} certificatesDir imageRepository unifiedControlPlaneImage auditPolicy featureGates clusterName`,
} as const;
const dropped = ['unifiedControlPlaneImage', 'auditPolicy'];
const join = `${discoveryFields} nodeRegistration controlPlane apiEndpoint advertiseAddress bindPort`;

/** v1alpha2, kubeadm 1.11: one MasterConfiguration, which v1alpha3 split. */
export function convertV1alpha2(kind: string, value: Fields): DecodedDocuments {
  const version = 'v1alpha2';
  if (kind === 'NodeConfiguration') return joinOf(kind, value, version);
  if (kind !== 'MasterConfiguration') throw unknownKind(kind, version);
  refuseUnknown(value, { version, kind, fields: masterFields });
  const { advertiseAddress, bindPort, controlPlaneEndpoint } = object(value.api);
  return {
    documents: [
      { kind: 'InitConfiguration', value: initOf({ ...value, apiEndpoint: { advertiseAddress, bindPort } }) },
      { kind: 'ClusterConfiguration', value: clusterOf({ ...value, controlPlaneEndpoint }) },
      ...componentDocuments(value),
    ],
    warnings: warningsOf(value, { version, kind, dropped }),
  };
}

/** v1alpha3, kubeadm 1.12: the current kinds, with the components' fields at the top level. */
export function convertV1alpha3(kind: string, value: Fields): DecodedDocuments {
  const version = 'v1alpha3';
  if (kind === 'JoinConfiguration') return joinOf(kind, value, version);
  if (kind !== 'InitConfiguration' && kind !== 'ClusterConfiguration') throw unknownKind(kind, version);
  refuseUnknown(value, { version, kind, fields: v1alpha3[kind] });
  return {
    documents: [{ kind, value: kind === 'InitConfiguration' ? initOf(value) : clusterOf(value) }],
    warnings: warningsOf(value, { version, kind, dropped }),
  };
}

function initOf(value: Fields): Record<string, unknown> {
  const { advertiseAddress, bindPort } = object(value.apiEndpoint);
  return defined({
    bootstrapTokens: value.bootstrapTokens,
    nodeRegistration: registration(value.nodeRegistration),
    localAPIEndpoint: filled({ advertiseAddress, bindPort }),
  });
}

function clusterOf(value: Fields): Record<string, unknown> {
  const { local, external } = object(value.etcd);
  return defined({
    controlPlaneEndpoint: value.controlPlaneEndpoint,
    networking: value.networking,
    certificatesDir: value.certificatesDir,
    clusterName: value.clusterName,
    featureGates: value.featureGates,
    imageRepository: value.imageRepository,
    etcd: external ? { external } : filled({ local: localEtcd(object(local)) }),
    ...componentsOf(value),
  });
}

function joinOf(kind: string, value: Fields, version: string): DecodedDocuments {
  refuseUnknown(value, { version, kind, fields: join });
  // v1alpha2 had both fields at the top level, v1alpha3 in a section of their own.
  const { advertiseAddress, bindPort } = { ...value, ...object(value.apiEndpoint) };
  const localAPIEndpoint = filled({ advertiseAddress, bindPort });
  return {
    documents: [
      {
        kind: 'JoinConfiguration',
        value: {
          ...discoveryOf(value),
          ...defined({
            nodeRegistration: registration(value.nodeRegistration),
            controlPlane: value.controlPlane === true ? defined({ localAPIEndpoint }) : undefined,
          }),
        },
      },
    ],
    warnings: warningsOf(value, { version, kind, dropped: [] }),
  };
}

const unknownKind = (kind: string, version: string): Error =>
  new Error(`no kind "${kind}" is registered for version "kubeadm.k8s.io/${version}"`);
