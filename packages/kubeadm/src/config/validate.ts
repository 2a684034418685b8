import { isIP, isIPv4 } from 'node:net';
import { parseBootstrapToken } from '@typernetes/pki';
import { parseCertificateKey } from '../certs/certificate-sealing.ts';
import { featureGateProblems } from './feature-gates.ts';
import type { ClusterConfig, InitConfig, JoinConfig, JoinControlPlane, NodeRegistration } from './internal.ts';

const algorithms = ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096'];
const dns1123Subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** Everything that is wrong with a complete init configuration; empty when it can be used. */
export function validateInit(config: InitConfig): string[] {
  const { advertiseAddress, bindPort } = config.localEndpoint;
  return [
    ...validateNode(config.node),
    ...config.bootstrapTokens.flatMap((token, i) => validateToken(token.token, `bootstrapTokens[${i}].token`)),
    ...config.bootstrapTokens
      .filter((token) => Number.isNaN(token.ttlMs))
      .map((token) => `bootstrapTokens: Invalid value: "${token.token}": ttl is not a duration`),
    ...validateCluster(config.cluster),
    ...(isIP(advertiseAddress) === 0
      ? [`localAPIEndpoint.advertiseAddress: Invalid value: "${advertiseAddress}": ip address is not valid`]
      : []),
    ...validatePort(bindPort, 'localAPIEndpoint.bindPort'),
    ...validateCertificateKey(config.certificateKey, 'certificateKey'),
    ...validateTimeouts(config.timeouts),
  ];
}

export function validateJoin(config: JoinConfig): string[] {
  const { discovery } = config;
  const problems = [
    ...validateNode(config.node),
    ...validateTimeouts(config.timeouts),
    ...(config.controlPlane ? validateJoinControlPlane(config.controlPlane) : []),
  ];
  if (discovery.kind === 'file') return problems;
  if (discovery.endpoint === '' && discovery.token === '') {
    return [...problems, 'discovery: Invalid value: "": bootstrapToken or file must be set'];
  }
  problems.push(...validateToken(discovery.token, 'discovery.bootstrapToken.token'));
  if (!/^(\[[^\]]+\]|[^:]+):\d+$/.test(discovery.endpoint)) {
    problems.push(
      `discovery.bootstrapToken.apiServerEndpoint: Invalid value: "${discovery.endpoint}": address ${discovery.endpoint}: missing port in address`,
    );
  }
  if (discovery.caCertHashes.length === 0 && !discovery.unsafeSkipCaVerification) {
    problems.push(
      'discovery.bootstrapToken.caCertHashes: Invalid value: "": using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue',
    );
  }
  for (const hash of discovery.caCertHashes) {
    if (!/^sha256:[0-9a-fA-F]{64}$/.test(hash))
      problems.push(`invalid public key hash, expected "format:hex": "${hash}"`);
  }
  return problems;
}

function validateJoinControlPlane({ localEndpoint, certificateKey }: JoinControlPlane): string[] {
  const { advertiseAddress, bindPort } = localEndpoint;
  return [
    ...(isIP(advertiseAddress) === 0
      ? [
          `controlPlane.localAPIEndpoint.advertiseAddress: Invalid value: "${advertiseAddress}": ip address is not valid`,
        ]
      : []),
    ...validatePort(bindPort, 'controlPlane.localAPIEndpoint.bindPort'),
    ...validateCertificateKey(certificateKey, 'controlPlane.certificateKey'),
  ];
}

function validateCertificateKey(key: string, field: string): string[] {
  return key === '' || parseCertificateKey(key)
    ? []
    : [`${field}: Invalid value: "<withheld>": must be the hexadecimal form of an AES key of 32 bytes`];
}

function validateCluster(cluster: ClusterConfig): string[] {
  const problems = [
    ...validateSubnet(cluster.serviceSubnet, 'networking.serviceSubnet'),
    ...(cluster.podSubnet === '' ? [] : validateSubnet(cluster.podSubnet, 'networking.podSubnet')),
    ...featureGateProblems(Object.keys(cluster.featureGates)),
  ];
  if (!dns1123Subdomain.test(cluster.dnsDomain)) {
    problems.push(`networking.dnsDomain: Invalid value: "${cluster.dnsDomain}": ${subdomainMessage}`);
  }
  if (!cluster.certificatesDir.startsWith('/')) {
    problems.push(`certificatesDir: Invalid value: "${cluster.certificatesDir}": path is not absolute`);
  }
  if (!algorithms.includes(cluster.encryptionAlgorithm)) {
    problems.push(
      `encryptionAlgorithm: Invalid value: "${cluster.encryptionAlgorithm}": Invalid encryption algorithm. Must be one of [${algorithms.map((a) => `"${a}"`).join(' ')}]`,
    );
  }
  for (const [name, ms] of [
    ['certificateValidityPeriod', cluster.certificateValidityMs],
    ['caCertificateValidityPeriod', cluster.caCertificateValidityMs],
  ] as const) {
    if (!(ms > 0)) problems.push(`${name}: Invalid value: must be a positive duration`);
  }
  const { storage } = cluster;
  if (storage.kind === 'stacked-etcd' && !storage.dataDir.startsWith('/')) {
    problems.push(`etcd.local.dataDir: Invalid value: "${storage.dataDir}": path is not absolute`);
  }
  if (storage.kind === 'external-etcd' && storage.endpoints.length === 0) {
    problems.push('etcd.external.endpoints: Required value: etcd endpoints are required');
  }
  return problems;
}

function validateNode(node: NodeRegistration): string[] {
  const problems: string[] = [];
  if (!dns1123Subdomain.test(node.name)) {
    problems.push(`nodeRegistration.name: Invalid value: "${node.name}": ${subdomainMessage}`);
  }
  if (!node.criSocket.startsWith('unix:///')) {
    problems.push(
      `nodeRegistration.criSocket: Invalid value: "${node.criSocket}": only URL scheme "unix" is supported`,
    );
  }
  return problems;
}

function validateToken(token: string, field: string): string[] {
  return parseBootstrapToken(token)
    ? []
    : [
        `${field}: Invalid value: "${token}": the bootstrap token is invalid: it must match "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`,
      ];
}

function validateSubnet(subnet: string, field: string): string[] {
  return subnet.split(',').flatMap((cidr) => {
    const [address = '', bits = ''] = cidr.split('/');
    const most = isIPv4(address) ? 32 : 128;
    const valid = isIP(address) !== 0 && /^\d+$/.test(bits) && Number(bits) <= most;
    return valid ? [] : [`${field}: Invalid value: "${cidr}": couldn't parse subnet: invalid CIDR address: ${cidr}`];
  });
}

function validatePort(port: number, field: string): string[] {
  return port >= 1 && port <= 65535
    ? []
    : [`${field}: Invalid value: ${port}: port must be a valid number between 1 and 65535, inclusive`];
}

function validateTimeouts(timeouts: object): string[] {
  return Object.entries(timeouts)
    .filter(([, ms]) => !(ms >= 0))
    .map(([name]) => `timeouts.${name.replace(/Ms$/, '')}: Invalid value: not a duration`);
}
