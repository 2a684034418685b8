import type { DecodedDocuments } from './decoded-documents.ts';
import {
  componentDocuments,
  componentFields,
  componentsOf,
  criUrl,
  defined,
  discoveryFields,
  discoveryOf,
  type Fields,
  filled,
  localEtcd,
  object,
  refuseUnknown,
  warningsOf,
} from './old-fields.ts';
import { argumentList } from './v1beta3.ts';

const apiVersion = 'v1alpha1';
const masterFields = `api etcd networking kubernetesVersion cloudProvider nodeName authorizationModes noTaintMaster privilegedPods token tokenTTL tokenUsages tokenGroups criSocket ${componentFields} certificatesDir imageRepository imagePullPolicy unifiedControlPlaneImage auditPolicy featureGates clusterName selfHosted kubeProxy kubeletConfiguration`;
const dropped = ['privilegedPods', 'imagePullPolicy', 'selfHosted', 'unifiedControlPlaneImage', 'auditPolicy'];

/**
 * Converts v1alpha1, kubeadm 1.8 to 1.11, to v1beta4. As there, the value of an argument need not be a string (`anonymous-auth: false`): it is
 * taken as it is written.
 */
export function convertV1alpha1(kind: string, value: Fields): DecodedDocuments {
  if (kind === 'NodeConfiguration') {
    refuseUnknown(value, { version: apiVersion, kind, fields: `${discoveryFields} nodeName criSocket` });
    const nodeRegistration = filled({ name: value.nodeName, criSocket: criUrl(value.criSocket) });
    return {
      documents: [{ kind: 'JoinConfiguration', value: { ...discoveryOf(value), ...defined({ nodeRegistration }) } }],
      warnings: warningsOf(value, { version: apiVersion, kind, dropped: [] }),
    };
  }
  if (kind !== 'MasterConfiguration') {
    throw new Error(`no kind "${kind}" is registered for version "kubeadm.k8s.io/v1alpha1"`);
  }
  refuseUnknown(value, { version: apiVersion, kind, fields: masterFields });
  return {
    documents: [
      { kind: 'InitConfiguration', value: initOf(value) },
      { kind: 'ClusterConfiguration', value: clusterOf(value) },
      ...componentDocuments(value),
    ],
    warnings: warningsOf(value, { version: apiVersion, kind, dropped }),
  };
}

function initOf(value: Fields): Record<string, unknown> {
  const { advertiseAddress, bindPort } = object(value.api);
  const token = filled({
    token: value.token,
    ttl: value.tokenTTL,
    usages: value.tokenUsages,
    groups: value.tokenGroups,
  });
  return defined({
    localAPIEndpoint: filled({ advertiseAddress, bindPort }),
    nodeRegistration: filled({
      name: value.nodeName,
      criSocket: criUrl(value.criSocket),
      taints: value.noTaintMaster === true ? [] : undefined,
      kubeletExtraArgs: value.cloudProvider ? argumentList({ 'cloud-provider': value.cloudProvider }) : undefined,
    }),
    bootstrapTokens: token ? [token] : undefined,
  });
}

function clusterOf(value: Fields): Record<string, unknown> {
  const cloud = value.cloudProvider ? { 'cloud-provider': value.cloudProvider } : {};
  const modes = Array.isArray(value.authorizationModes)
    ? { 'authorization-mode': value.authorizationModes.join(',') }
    : {};
  return defined({
    controlPlaneEndpoint: object(value.api).controlPlaneEndpoint,
    networking: value.networking,
    certificatesDir: value.certificatesDir,
    clusterName: value.clusterName,
    featureGates: value.featureGates,
    imageRepository: value.imageRepository,
    etcd: etcdOf(object(value.etcd)),
    ...componentsOf(value, { apiServer: { ...modes, ...cloud }, controllerManager: cloud }),
  });
}

/** With endpoints etcd is external; without, the section describes local etcd. */
function etcdOf(etcd: Fields): unknown {
  const { endpoints, caFile, certFile, keyFile } = etcd;
  if (Array.isArray(endpoints) && endpoints.length > 0) {
    return { external: defined({ endpoints, caFile, certFile, keyFile }) };
  }
  return filled({ local: localEtcd(etcd) });
}
