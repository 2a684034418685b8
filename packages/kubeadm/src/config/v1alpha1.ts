import { version } from '@typernetes/base';
import type { ConfigDocument, DecodedDocuments } from './documents.ts';
import { argumentList } from './v1beta3.ts';

type Fields = Readonly<Record<string, unknown>>;
const object = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Every field of MasterConfiguration; anything else is a mistake in the file. */
const masterFields = new Set(
  [
    'apiVersion kind api etcd networking kubernetesVersion cloudProvider nodeName authorizationModes noTaintMaster',
    'privilegedPods token tokenTTL tokenUsages tokenGroups criSocket apiServerExtraArgs controllerManagerExtraArgs',
    'schedulerExtraArgs apiServerExtraVolumes controllerManagerExtraVolumes schedulerExtraVolumes apiServerCertSANs',
    'certificatesDir imageRepository imagePullPolicy unifiedControlPlaneImage auditPolicy featureGates clusterName',
    'selfHosted kubeProxy kubeletConfiguration',
  ]
    .join(' ')
    .split(' '),
);
const dropped = ['privilegedPods', 'imagePullPolicy', 'selfHosted', 'unifiedControlPlaneImage', 'auditPolicy'];

/**
 * v1alpha1 MasterConfiguration, kubeadm 1.8 to 1.11, to v1beta4. As there, a value of an argument need not be a string
 * (`anonymous-auth: false`): it is taken as it is written.
 */
export function convertV1alpha1(kind: string, value: Fields): DecodedDocuments {
  if (kind !== 'MasterConfiguration') {
    throw new Error(`no kind "${kind}" is registered for version "kubeadm.k8s.io/v1alpha1"`);
  }
  const unknown = Object.keys(value).filter((name) => !masterFields.has(name));
  if (unknown.length > 0) {
    const gvk = 'schema.GroupVersionKind{Group:"kubeadm.k8s.io", Version:"v1alpha1", Kind:"MasterConfiguration"}';
    const fields = unknown.map((name) => `unknown field "${name}"`).join(', ');
    throw new Error(`error unmarshaling configuration ${gvk}: strict decoding error: ${fields}`);
  }
  const warnings = [
    'your configuration file uses a deprecated API spec: "kubeadm.k8s.io/v1alpha1" (kind: "MasterConfiguration"): converted to kubeadm.k8s.io/v1beta4',
    ...dropped
      .filter((name) => value[name] !== undefined)
      .map((name) => `the field "${name}" has no successor and is ignored`),
  ];
  if (typeof value.kubernetesVersion === 'string' && value.kubernetesVersion !== version) {
    warnings.push(`kubernetesVersion "${value.kubernetesVersion}" is not available: using ${version}`);
  }
  return { documents: documentsOf(value), warnings };
}

function documentsOf(value: Fields): ConfigDocument[] {
  const api = object(value.api);
  const init: Record<string, unknown> = {
    localAPIEndpoint: defined({ advertiseAddress: api.advertiseAddress, bindPort: api.bindPort }),
    nodeRegistration: defined({
      name: value.nodeName,
      criSocket: criUrl(value.criSocket),
      taints: value.noTaintMaster === true ? [] : undefined,
      kubeletExtraArgs: value.cloudProvider ? argumentList({ 'cloud-provider': value.cloudProvider }) : undefined,
    }),
  };
  const token = defined({
    token: value.token,
    ttl: value.tokenTTL,
    usages: value.tokenUsages,
    groups: value.tokenGroups,
  });
  if (Object.keys(token).length > 0) init.bootstrapTokens = [token];
  const documents: ConfigDocument[] = [
    { kind: 'InitConfiguration', value: init },
    { kind: 'ClusterConfiguration', value: clusterOf(value, object(value.api)) },
  ];
  const proxy = object(object(value.kubeProxy).config);
  const kubelet = object(object(value.kubeletConfiguration).baseConfig);
  if (Object.keys(proxy).length > 0) documents.push({ kind: 'KubeProxyConfiguration', value: proxy });
  if (Object.keys(kubelet).length > 0) documents.push({ kind: 'KubeletConfiguration', value: kubelet });
  return documents;
}

function clusterOf(value: Fields, api: Fields): Record<string, unknown> {
  const cloud = value.cloudProvider ? { 'cloud-provider': value.cloudProvider } : {};
  const modes = Array.isArray(value.authorizationModes)
    ? { 'authorization-mode': value.authorizationModes.join(',') }
    : {};
  const etcd = object(value.etcd);
  const external = Array.isArray(etcd.endpoints) && etcd.endpoints.length > 0;
  return defined({
    controlPlaneEndpoint: api.controlPlaneEndpoint,
    networking: value.networking,
    certificatesDir: value.certificatesDir,
    clusterName: value.clusterName,
    featureGates: value.featureGates,
    etcd: external
      ? {
          external: defined({
            endpoints: etcd.endpoints,
            caFile: etcd.caFile,
            certFile: etcd.certFile,
            keyFile: etcd.keyFile,
          }),
        }
      : undefined,
    apiServer: defined({
      extraArgs: argumentList({ ...modes, ...cloud, ...object(value.apiServerExtraArgs) }),
      extraVolumes: volumes(value.apiServerExtraVolumes),
      certSANs: value.apiServerCertSANs,
    }),
    controllerManager: defined({
      extraArgs: argumentList({ ...cloud, ...object(value.controllerManagerExtraArgs) }),
      extraVolumes: volumes(value.controllerManagerExtraVolumes),
    }),
    scheduler: defined({
      extraArgs: argumentList(object(value.schedulerExtraArgs)),
      extraVolumes: volumes(value.schedulerExtraVolumes),
    }),
  });
}

/** v1alpha1 said `writable` where later versions say `readOnly`, and its mounts were read-only unless told. */
function volumes(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  return value.map((volume: Fields) => {
    const { writable, ...rest } = volume;
    return { ...rest, readOnly: writable !== true };
  });
}

/** Sockets were paths then; today they are URLs. Docker's shim is gone with its socket. */
function criUrl(socket: unknown): unknown {
  if (typeof socket !== 'string' || socket.includes('dockershim')) return undefined;
  return socket.startsWith('/') ? `unix://${socket}` : socket;
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
