import {
  absolutePathProblems,
  apiEndpointProblems,
  argumentProblems,
  certificateKeyProblems,
  ignoredCheckProblems,
  invalid,
  pullPolicyProblems,
  socketProblems,
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
} from './internal.ts';
import { clusterProblems } from './validate-cluster.ts';

/** Everything that is wrong with a complete init configuration; empty when it can be used. */
export function validateInit(config: InitConfig): string[] {
  return [
    ...nodeProblems(config.node),
    ...config.bootstrapTokens.flatMap((token, i) => bootstrapTokenProblems(token, `bootstrapTokens.${i}`)),
    ...clusterProblems(config.cluster),
    ...apiEndpointProblems(config.localEndpoint, 'localAPIEndpoint'),
    ...certificateKeyProblems(config.certificateKey, 'certificateKey'),
    ...timeoutProblems(config.timeouts),
  ];
}

export function validateJoin(config: JoinConfig): string[] {
  const { discovery, caCertPath } = config;
  const problems =
    discovery.kind === 'file'
      ? config.tlsBootstrapToken === ''
        ? []
        : tokenProblems(config.tlsBootstrapToken, 'discovery.tlsBootstrapToken')
      : tokenDiscoveryProblems(discovery, config.tlsBootstrapToken);
  if (discovery.besideOther) {
    problems.unshift(invalid('discovery', '', 'bootstrapToken and file cannot both be set'));
  }
  return [
    ...problems,
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

function tokenDiscoveryProblems(
  discovery: Extract<JoinConfig['discovery'], { kind: 'token' }>,
  tlsBootstrapToken: string,
): string[] {
  const field = 'discovery.bootstrapToken';
  if (discovery.endpoint === '' && discovery.token === '') {
    return [
      invalid('discovery', '', 'bootstrapToken or file must be set'),
      ...(tlsBootstrapToken === '' ? [] : tokenProblems(tlsBootstrapToken, 'discovery.tlsBootstrapToken')),
    ];
  }
  const problems: string[] = [];
  if (discovery.endpoint === '') problems.push(`${field}: Required value: APIServerEndpoint is not set`);
  if (discovery.caCertHashes.length === 0 && !discovery.unsafeSkipCaVerification) {
    const detail =
      'using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue';
    problems.push(invalid(`${field}.caCertHashes`, '', detail));
  }
  problems.push(...tokenProblems(discovery.token, `${field}.token`));
  if (!/^(\[[^\]]+\]|[^:]+):\d+$/.test(discovery.endpoint)) {
    const detail =
      discovery.endpoint === '' ? 'missing port in address' : `address ${discovery.endpoint}: missing port in address`;
    problems.push(invalid(`${field}.apiServerEndpoint`, discovery.endpoint, detail));
  }
  problems.push(...tokenProblems(tlsBootstrapToken, 'discovery.tlsBootstrapToken'));
  for (const hash of discovery.caCertHashes) {
    if (!/^sha256:[0-9a-fA-F]{64}$/.test(hash))
      problems.push(`invalid public key hash, expected "format:hex": "${hash}"`);
  }
  return problems;
}

function joinControlPlaneProblems({ localEndpoint, certificateKey }: JoinControlPlane): string[] {
  return [
    ...apiEndpointProblems(localEndpoint, 'controlPlane.localAPIEndpoint'),
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

/** What is wrong with the usages and groups of a token: `field` stands before `usages` and `groups`. */
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
    const detail = `invalid bootstrap token usage string: ${unknown.join(',')}, valid usage options: ${known.toSorted().join(',')}`;
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
    ...(Number.isNaN(token.ttlMs) ? [invalid(`${field}.ttl`, '', 'not a duration')] : []),
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
