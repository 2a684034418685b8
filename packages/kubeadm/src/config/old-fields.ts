import { version } from '@typernetes/base';
import { argumentList } from './v1beta3.ts';

/** What the conversions of the alpha versions have in common: fields that several of them had, and where they are today. */
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

/** Throws in the words of the strict decoder when there is a field that the kind did not have. */
export function refuseUnknown(value: Fields, of: { version: string; kind: string; fields: string }): void {
  const known = new Set(['apiVersion', 'kind', ...of.fields.split(' ')]);
  const unknown = Object.keys(value).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const gvk = `schema.GroupVersionKind{Group:"kubeadm.k8s.io", Version:"${of.version}", Kind:"${of.kind}"}`;
  const fields = unknown.map((name) => `unknown field "${name}"`).join(', ');
  throw new Error(`error unmarshaling configuration ${gvk}: strict decoding error: ${fields}`);
}

/** What to say about a document of an old version: that it is one, which fields went nowhere, which version is used instead. */
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

/** Fields of the components as all alpha versions wrote them: `apiServerExtraArgs` and the like. */
export const componentFields =
  'apiServerExtraArgs controllerManagerExtraArgs schedulerExtraArgs apiServerExtraVolumes controllerManagerExtraVolumes schedulerExtraVolumes apiServerCertSANs';

/** The components' sections of today; `more` holds arguments that come from fields of other names. */
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

/** They said `writable` where later versions say `readOnly`, and their mounts were read-only unless told. */
function volumes(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  return value.map((volume: Fields) => {
    const { writable, ...rest } = volume;
    return { ...rest, readOnly: writable !== true };
  });
}

/** The section of an etcd on the machine itself, or undefined when it says nothing. */
export function localEtcd(local: Fields): Record<string, unknown> | undefined {
  return filled({
    dataDir: local.dataDir,
    extraArgs: local.extraArgs ? argumentList(object(local.extraArgs)) : undefined,
    serverCertSANs: local.serverCertSANs,
    peerCertSANs: local.peerCertSANs,
  });
}

/** Sockets were paths then; today they are URLs. Docker's shim is gone with its socket. */
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

/** Fields by which all alpha versions said how a machine learns whom to trust. */
export const discoveryFields =
  'caCertPath discoveryFile discoveryToken discoveryTokenAPIServers discoveryTimeout tlsBootstrapToken token clusterName discoveryTokenCACertHashes discoveryTokenUnsafeSkipCAVerification featureGates';

/** A JoinConfiguration of today without the machine's registration. `token` stood for both tokens. */
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

/** KubeProxyConfiguration and KubeletConfiguration documents out of the sections that held them. */
export function componentDocuments(value: Fields): { kind: string; value: Fields }[] {
  const proxy = object(object(value.kubeProxy).config);
  const kubelet = object(object(value.kubeletConfiguration).baseConfig);
  return [
    ...(Object.keys(proxy).length > 0 ? [{ kind: 'KubeProxyConfiguration', value: proxy }] : []),
    ...(Object.keys(kubelet).length > 0 ? [{ kind: 'KubeletConfiguration', value: kubelet }] : []),
  ];
}
