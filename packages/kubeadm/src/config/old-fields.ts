import { version } from '@typernetes/base';
import { argumentList } from './v1beta3.ts';

/** Shared conversions of the alpha versions: fields that several of them had, and their current places. */
export type Fields = Readonly<Record<string, unknown>>;

export const object = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

/** Without the fields that are undefined. */
export function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Undefined instead of an empty object. */
export function filled(fields: Record<string, unknown>): Record<string, unknown> | undefined {
  const rest = defined(fields);
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** Throws the strict decoder's error if there is a field that the kind did not have. */
export function refuseUnknown(value: Fields, of: { version: string; kind: string; fields: string }): void {
  const known = new Set(['apiVersion', 'kind', ...of.fields.split(' ')]);
  const unknown = Object.keys(value).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const gvk = `schema.GroupVersionKind{Group:"kubeadm.k8s.io", Version:"${of.version}", Kind:"${of.kind}"}`;
  const fields = unknown.map((name) => `unknown field "${name}"`).join(', ');
  throw new Error(`error unmarshaling configuration ${gvk}: strict decoding error: ${fields}`);
}

/** The warnings for a document of an old version: its deprecation, its dropped fields, the version used instead. */
export function warningsOf(value: Fields, of: { version: string; kind: string; dropped: readonly string[] }): string[] {
  const asked = value.kubernetesVersion;
  return [
    `your configuration file uses a deprecated API spec: "kubeadm.k8s.io/${of.version}" (kind: "${of.kind}"): converted to kubeadm.k8s.io/v1beta4`,
    ...of.dropped
      .filter((name) => value[name] !== undefined)
      .map((name) => `the field "${name}" has no successor and is ignored`),
    ...(typeof asked === 'string' && asked !== version
      ? [`kubernetesVersion "${asked}" is not available: using ${version}`]
      : []),
  ];
}

/** Component fields that all alpha versions had: `apiServerExtraArgs` and others. */
export const componentFields =
  'apiServerExtraArgs controllerManagerExtraArgs schedulerExtraArgs apiServerExtraVolumes controllerManagerExtraVolumes schedulerExtraVolumes apiServerCertSANs';

/** Converts to the current component sections; `more` holds arguments from other fields. */
export function componentsOf(
  value: Fields,
  more: { apiServer?: Fields; controllerManager?: Fields } = {},
): Record<string, unknown> {
  const args = (given: Fields): unknown => (Object.keys(given).length > 0 ? argumentList(given) : undefined);
  return defined({
    apiServer: filled({
      extraArgs: args({ ...more.apiServer, ...object(value.apiServerExtraArgs) }),
      extraVolumes: volumes(value.apiServerExtraVolumes),
      certSANs: value.apiServerCertSANs,
    }),
    controllerManager: filled({
      extraArgs: args({ ...more.controllerManager, ...object(value.controllerManagerExtraArgs) }),
      extraVolumes: volumes(value.controllerManagerExtraVolumes),
    }),
    scheduler: filled({
      extraArgs: args(object(value.schedulerExtraArgs)),
      extraVolumes: volumes(value.schedulerExtraVolumes),
    }),
  });
}

/** The alpha versions had `writable` instead of `readOnly`: mounts were read-only by default. */
function volumes(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  return value.map((volume: Fields) => {
    const { writable, ...rest } = volume;
    return { ...rest, readOnly: writable !== true };
  });
}

/** The section of local etcd; undefined if it is empty. */
export function localEtcd(local: Fields): Record<string, unknown> | undefined {
  return filled({
    dataDir: local.dataDir,
    extraArgs: local.extraArgs ? argumentList(object(local.extraArgs)) : undefined,
    serverCertSANs: local.serverCertSANs,
    peerCertSANs: local.peerCertSANs,
  });
}

/** Sockets were paths; now they are URLs. Docker's shim, with its socket, no longer exists. */
export function criUrl(socket: unknown): unknown {
  if (typeof socket !== 'string' || socket.includes('dockershim')) return undefined;
  return socket.startsWith('/') ? `unix://${socket}` : socket;
}

/** `nodeRegistration` of v1alpha2 and v1alpha3. */
export function registration(value: unknown): Record<string, unknown> | undefined {
  const { name, criSocket, taints, kubeletExtraArgs } = object(value);
  return filled({
    name,
    criSocket: criUrl(criSocket),
    taints,
    kubeletExtraArgs: kubeletExtraArgs ? argumentList(object(kubeletExtraArgs)) : undefined,
  });
}

/** The discovery fields of all alpha versions. */
export const discoveryFields =
  'caCertPath discoveryFile discoveryToken discoveryTokenAPIServers discoveryTimeout tlsBootstrapToken token clusterName discoveryTokenCACertHashes discoveryTokenUnsafeSkipCAVerification featureGates';

/** A current JoinConfiguration without the node registration. The old `token` meant both tokens. */
export function discoveryOf(value: Fields): Record<string, unknown> {
  const servers = value.discoveryTokenAPIServers;
  const token = value.discoveryToken ?? value.token;
  return defined({
    caCertPath: value.caCertPath,
    discovery: defined({
      tlsBootstrapToken: value.tlsBootstrapToken ?? value.token,
      ...(value.discoveryFile
        ? { file: { kubeConfigPath: value.discoveryFile } }
        : {
            bootstrapToken: defined({
              token,
              apiServerEndpoint: Array.isArray(servers) ? servers[0] : undefined,
              caCertHashes: value.discoveryTokenCACertHashes,
              unsafeSkipCAVerification: value.discoveryTokenUnsafeSkipCAVerification,
            }),
          }),
    }),
    timeouts: value.discoveryTimeout ? { discovery: value.discoveryTimeout } : undefined,
  });
}

/** Extracts the KubeProxyConfiguration and KubeletConfiguration documents from the sections that held them. */
export function componentDocuments(value: Fields): { kind: string; value: Fields }[] {
  const proxy = object(object(value.kubeProxy).config);
  const kubelet = object(object(value.kubeletConfiguration).baseConfig);
  return [
    ...(Object.keys(proxy).length > 0 ? [{ kind: 'KubeProxyConfiguration', value: proxy }] : []),
    ...(Object.keys(kubelet).length > 0 ? [{ kind: 'KubeletConfiguration', value: kubelet }] : []),
  ];
}
