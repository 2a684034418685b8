import { formatDuration } from '@typernetes/process';
import { featureGateProblems } from './feature-gates.ts';
import {
  absolutePathProblems,
  altNameProblems,
  argumentProblems,
  imageRepositoryProblems,
  invalid,
} from './field-problems.ts';
import type { ClusterConfig, StorageConfig } from './internal.ts';
import { networkingProblems, networkingWarnings } from './validate-networking.ts';

const algorithms = ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096'];

/** All validation errors of a ClusterConfiguration. */
export function clusterProblems(cluster: ClusterConfig): string[] {
  const { apiServer, controllerManager, scheduler, dns, encryptionAlgorithm } = cluster;
  const algorithmDetail = `Invalid encryption algorithm ${JSON.stringify(encryptionAlgorithm)}. Must be one of [${algorithms.join(' ')}]`;
  return [
    ...(dns.imageRepository === cluster.imageRepository
      ? []
      : imageRepositoryProblems(dns.imageRepository, 'dns.imageRepository')),
    ...networkingProblems(cluster),
    ...altNameProblems(apiServer.certSANs, 'apiServer.certSANs'),
    ...argumentProblems(apiServer.extraArgs, 'apiServer.extraArgs'),
    ...argumentProblems(controllerManager.extraArgs, 'controllerManager.extraArgs'),
    ...argumentProblems(scheduler.extraArgs, 'scheduler.extraArgs'),
    ...absolutePathProblems(cluster.certificatesDir, 'certificatesDir'),
    ...featureGateProblems(cluster.featureGates),
    ...imageRepositoryProblems(cluster.imageRepository, 'imageRepository'),
    ...storageProblems(cluster.storage),
    ...(encryptionAlgorithm === '' || algorithms.includes(encryptionAlgorithm)
      ? []
      : [invalid('encryptionAlgorithm', encryptionAlgorithm, algorithmDetail)]),
    ...validityProblems(cluster),
  ];
}

function storageProblems(storage: StorageConfig): string[] {
  if (storage.kind === 'embedded') return [];
  if (storage.kind === 'stacked-etcd') {
    return [
      ...absolutePathProblems(storage.dataDir, 'etcd.local.dataDir'),
      ...altNameProblems(storage.serverCertSANs, 'etcd.local.serverCertSANs'),
      ...altNameProblems(storage.peerCertSANs, 'etcd.local.peerCertSANs'),
      ...imageRepositoryProblems(storage.imageRepository, 'etcd.local.imageRepository'),
      ...argumentProblems(storage.extraArgs, 'etcd.local.extraArgs'),
    ];
  }
  const field = 'etcd.external';
  if (storage.besideLocal) {
    return [invalid('etcd', '', '.Etcd.Local and .Etcd.External are mutually exclusive')];
  }
  const { endpoints, caFile, certFile, keyFile } = storage;
  const problems: string[] = [];
  if ((certFile === '') !== (keyFile === '')) {
    const detail = 'either both or none of .Etcd.External.CertFile and .Etcd.External.KeyFile must be set';
    problems.push(invalid(field, '', detail));
  }
  if (certFile !== '' && keyFile !== '' && caFile === '') {
    const detail = 'setting .Etcd.External.CertFile and .Etcd.External.KeyFile requires .Etcd.External.CAFile';
    problems.push(invalid(field, '', detail));
  }
  if (endpoints.length === 0) problems.push(`${field}.endpoints: Required value: etcd endpoints are required`);
  const secret = [caFile, certFile, keyFile].some((file) => file !== '');
  for (const endpoint of endpoints) {
    const scheme = /^([a-z]+):\/\//i.exec(endpoint)?.[1]?.toLowerCase() ?? '';
    if (secret && scheme !== 'https')
      problems.push(invalid(`${field}.endpoints`, endpoint, 'the URL must be using the HTTPS scheme'));
    if (scheme === '') problems.push(invalid(`${field}.endpoints`, endpoint, 'the URL without scheme is not allowed'));
  }
  for (const [name, file] of Object.entries({ caFile, certFile, keyFile })) {
    if (file !== '') problems.push(...absolutePathProblems(file, `${field}.${name}`));
  }
  return problems;
}

function validityProblems({ certificateValidityMs, caCertificateValidityMs }: ClusterConfig): string[] {
  return Object.entries({
    certificateValidityPeriod: certificateValidityMs,
    caCertificateValidityPeriod: caCertificateValidityMs,
  })
    .filter(([, ms]) => !(ms > 0))
    .map(([name]) => `${name}: Invalid value: must be a positive duration`);
}

/** Its warnings. */
export const clusterWarnings = (cluster: ClusterConfig): string[] => [
  ...networkingWarnings(cluster),
  ...validityWarnings(cluster),
];

/** Upstream's default validity periods: longer ones extend the use of a stolen key. */
function validityWarnings({ certificateValidityMs, caCertificateValidityMs }: ClusterConfig): string[] {
  const dayMs = 24 * 3_600_000;
  return [
    { name: 'certificateValidityPeriod', of: 'certificate', ms: certificateValidityMs, usual: 365 * dayMs },
    { name: 'caCertificateValidityPeriod', of: 'CA certificate', ms: caCertificateValidityMs, usual: 3650 * dayMs },
  ]
    .filter(({ ms, usual }) => ms > usual)
    .map(
      ({ name, of, ms, usual }) =>
        `WARNING: ${name}: the value ${formatDuration(ms)} is more than the recommended default for ${of} expiration: ${formatDuration(usual)}`,
    );
}
