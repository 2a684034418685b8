import {
  absolutePathProblems,
  advertiseAddressProblems,
  argumentProblems,
  certificateKeyProblems,
  hostPortProblems,
  ignoredCheckProblems,
  invalid,
  portProblems,
  pullPolicyProblems,
  socketProblems,
  splitProblem,
  subdomainProblems,
  tokenProblems,
} from './field-problems.ts';
import type {
  BootstrapTokenSpec,
  InitConfig,
  JoinConfig,
  JoinControlPlane,
  NodeRegistration,
  ResetConfig,
  TokenDiscovery,
} from './internal.ts';
import { clusterProblems } from './validate-cluster.ts';

/** All validation errors of a complete init configuration. */
export function validateInit(config: InitConfig): string[] {
  // Defaulting needs these two, so upstream reports them before it validates the rest.
  const [first] = [
    ...advertiseAddressProblems(config.localEndpoint.advertiseAddress),
    ...hostPortProblems(config.cluster.controlPlaneEndpoint),
  ];
  if (first !== undefined) return [first];
  return [
    ...nodeProblems(config.node),
    ...config.bootstrapTokens.flatMap((token, i) => bootstrapTokenProblems(token, `bootstrapTokens.${i}`)),
    ...clusterProblems(config.cluster),
    ...portProblems(config.localEndpoint.bindPort, 'localAPIEndpoint.bindPort'),
    ...certificateKeyProblems(config.certificateKey, 'certificateKey'),
    ...timeoutProblems(config.timeouts),
  ];
}

/** `missing` are the paths of configured files that do not exist. */
export function validateJoin(config: JoinConfig, missing: readonly string[] = []): string[] {
  const { caCertPath, controlPlane } = config;
  const [unusable] = controlPlane ? advertiseAddressProblems(controlPlane.localEndpoint.advertiseAddress) : [];
  if (unusable !== undefined) return [unusable];
  return [
    ...discoveryProblems(config, missing),
    ...nodeProblems(config.node),
    ...(config.controlPlane ? joinControlPlaneProblems(config.controlPlane) : []),
    ...(caCertPath.startsWith('/') && caCertPath.endsWith('.crt')
      ? []
      : [invalid('caCertPath', caCertPath, 'the ca certificate path must be an absolute path')]),
    ...timeoutProblems(config.timeouts),
  ];
}

const unmountFlags = ['MNT_FORCE', 'MNT_DETACH', 'MNT_EXPIRE', 'UMOUNT_NOFOLLOW'];

export function validateReset(config: ResetConfig): string[] {
  return [
    ...socketProblems(config.criSocket, 'criSocket'),
    ...absolutePathProblems(config.certificatesDir, 'certificatesDir'),
    ...config.unmountFlags.flatMap((flag, i) =>
      unmountFlags.includes(flag) ? [] : [invalid('unmountFlags', `index ${i}`, `unknown unmount flag ${flag}`)],
    ),
    ...ignoredCheckProblems(config.ignorePreflightErrors),
    ...timeoutProblems(config.timeouts),
  ];
}

function discoveryProblems({ discovery, tlsBootstrapToken }: JoinConfig, missing: readonly string[]): string[] {
  const { token, file } = discovery;
  const tls = tokenProblems(tlsBootstrapToken, 'discovery.tlsBootstrapToken');
  const ofToken = token ? [...tokenDiscoveryProblems(token), ...tls] : [];
  return [
    ...(token || file ? [] : [invalid('discovery', '', 'bootstrapToken or file must be set')]),
    ...(token && file ? [invalid('discovery', '', 'bootstrapToken and file cannot both be set')] : []),
    ...ofToken,
    ...(file ? fileDiscoveryProblems(file.path, missing) : []),
    ...(file && !token && tlsBootstrapToken !== '' ? tls : []),
  ];
}

function fileDiscoveryProblems(path: string, missing: readonly string[]): string[] {
  const field = 'discovery.file.kubeConfigPath';
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(path)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    return scheme === 'https' ? [] : [invalid(field, path, 'if a URL is used, the scheme must be https')];
  }
  return missing.includes(path) ? [invalid(field, path, 'not a valid HTTPS URL or a file on disk')] : [];
}

function tokenDiscoveryProblems(discovery: TokenDiscovery): string[] {
  const field = 'discovery.bootstrapToken';
  const { endpoint, caCertHashes } = discovery;
  const problems: string[] = [];
  if (endpoint === '') problems.push(`${field}: Required value: APIServerEndpoint is not set`);
  if (caCertHashes.length === 0 && !discovery.unsafeSkipCaVerification) {
    const detail =
      'using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue';
    problems.push(invalid(`${field}.caCertHashes`, '', detail));
  }
  problems.push(...tokenProblems(discovery.token, `${field}.token`));
  const split = splitProblem(endpoint);
  if (split !== undefined) problems.push(invalid(`${field}.apiServerEndpoint`, endpoint, split));
  for (const hash of caCertHashes) {
    if (!/^sha256:[0-9a-fA-F]{64}$/.test(hash))
      problems.push(`invalid public key hash, expected "format:hex": "${hash}"`);
  }
  return problems;
}

function joinControlPlaneProblems({ localEndpoint, certificateKey }: JoinControlPlane): string[] {
  return [
    ...portProblems(localEndpoint.bindPort, 'controlPlane.localAPIEndpoint.bindPort'),
    ...certificateKeyProblems(certificateKey, 'controlPlane.certificateKey'),
  ];
}

function nodeProblems(node: NodeRegistration): string[] {
  const field = 'nodeRegistration';
  return [
    ...subdomainProblems(node.name, `${field}.name`),
    ...socketProblems(node.criSocket, `${field}.criSocket`),
    ...argumentProblems(node.kubeletExtraArgs, `${field}.kubeletExtraArgs`),
    ...pullPolicyProblems(node.imagePullPolicy, `${field}.imagePullPolicy`),
    ...ignoredCheckProblems(node.ignorePreflightErrors),
  ];
}

const tokenGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** The validation errors of a token's usages and groups; `field` is their path's prefix. */
export function tokenUseProblems(
  { usages, groups }: Pick<BootstrapTokenSpec, 'usages' | 'groups'>,
  field: string,
): string[] {
  const known = ['signing', 'authentication'];
  const list = (items: readonly string[]): string => `[${items.map((item) => JSON.stringify(item)).join(',')}]`;
  const shown = (name: string, items: readonly string[], detail: string): string =>
    `${field}.${name}: Invalid value: ${list(items)}: ${detail}`;
  const unknown = usages.filter((usage) => !known.includes(usage)).sort();
  const problems: string[] = [];
  if (unknown.length > 0) {
    const detail = `invalid bootstrap token usage string: ${unknown.join(',')}, valid usage options: ${known.join(',')}`;
    problems.push(shown('usages', usages, detail));
  }
  if (groups.length > 0 && !usages.includes('authentication')) {
    problems.push(
      shown('groups', groups, 'token groups cannot be specified unless --usages includes "authentication"'),
    );
  }
  for (const group of groups) {
    if (tokenGroup.test(group)) continue;
    const detail = `bootstrap group ${JSON.stringify(group)} is invalid (must match \\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\\z)`;
    problems.push(shown('groups', groups, detail));
  }
  return problems;
}

function bootstrapTokenProblems(token: BootstrapTokenSpec, field: string): string[] {
  return [
    ...tokenProblems(token.token, `${field}.token`),
    ...tokenUseProblems(token, field),
    ...(token.ttlBesideExpires
      ? [invalid(field, '', 'the BootstrapToken .TTL and .Expires fields are mutually exclusive')]
      : []),
  ];
}

function timeoutProblems(timeouts: object): string[] {
  return Object.entries(timeouts)
    .filter(([, ms]) => !(ms >= 0))
    .map(([name]) => `timeouts.${name.replace(/Ms$/, '')}: Invalid value: not a duration`);
}
