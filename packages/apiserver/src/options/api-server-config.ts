import { type ReadGates, readGates } from '@typernetes/api/gate-settings';
import { type LogSettings, logSettings, tlsNames } from '@typernetes/process';
import { pluginChoiceProblems } from '../admission/default-plugins.ts';
import type { TolerationSeconds } from '../admission/plugins/default-toleration-seconds.ts';
import { rangeProblems } from '../allocation/address-range.ts';
import { builtInResources } from '../registry/resources.ts';
import { type AuditConfig, auditProblems, completeAudit } from './audit-flags.ts';
import { type AuthenticationConfig, authenticationProblems, completeAuthentication } from './authentication-flags.ts';
import { type AuthorizationConfig, authorizationProblems, completeAuthorization } from './authorization-flags.ts';
import { type BrowserConfig, browserProblems, completeBrowsers } from './browser-flags.ts';
import { emulatedGates, emulatedVersion, type VersionFlags, versionProblems } from './effective-version.ts';
import type { ApiServerFlags } from './flags.ts';
import { laterVersionProblems, runtimeConfigProblems } from './runtime-config.ts';
import { type ServingFiles, servingFiles } from './serving-certificate.ts';
import { completeStorage, type StorageConfig, storageProblems } from './storage-config.ts';
import { type TlsFlags, tlsProblems } from './tls-rules.ts';

declare const completed: unique symbol;

/** The flags with all defaults filled in, in internal units. Files are named, not read. */
export type CompletedConfig = Readonly<{
  /** The values of all flags, by name. */
  flags: Readonly<Record<string, unknown>>;
  advertiseAddress: string;
  /** The server's address in discovery: host and port. */
  externalAddress: string;
  endpointReconciler: string;
  /** The minimum duration of a watch without a timeout. */
  minWatchMs: number;
  rejectForwardedRedirects: boolean;
  /** Whether Services are reached at their endpoints instead of their cluster IPs. */
  routesToEndpoints: boolean;
  bindAddress: string;
  securePort: number;
  tls: ServingFiles & { readonly named: readonly NamedCertificateFiles[]; readonly flags: TlsFlags };
  shutdown: { delayMs: number; graceMs: number; sendsRetryAfter: boolean };
  browsers: BrowserConfig;
  authentication: AuthenticationConfig;
  authorization: AuthorizationConfig;
  clientCaFile: string;
  anonymous: boolean;
  bootstrapTokens: boolean;
  authorizationModes: readonly string[];
  admission: {
    enable: readonly string[];
    disable: readonly string[];
    configFile: string;
    tolerationSeconds: TolerationSeconds;
  };
  requestHeader:
    | {
        clientCaFile: string;
        allowedNames: readonly string[];
        usernameHeaders: readonly string[];
        uidHeaders: readonly string[];
        groupHeaders: readonly string[];
        extraHeaderPrefixes: readonly string[];
      }
    | undefined;
  /** The client certificate for aggregated API servers. */
  proxyClient: { certFile: string; keyFile: string };
  serviceAccounts: {
    issuers: readonly string[];
    keyFiles: readonly string[];
    signingKeyFile: string;
    /** The socket of a program that signs instead. */
    signingEndpoint: string;
    jwksUri: string;
    audiences: readonly string[];
    maxTokenSeconds: number | undefined;
    extendExpiration: boolean;
  };
  /** `ownNodePort`: where nodes show the `kubernetes` Service; 0 for nowhere. */
  services: { ipRange: string; nodePorts: string; ownNodePort: number };
  kubelet: { certFile: string; keyFile: string; caFile: string; addressTypes: readonly string[] };
  storage: StorageConfig;
  /** Empty: all connections are made by TCP. */
  egressFile: string;
  /** Empty: nothing is traced. */
  tracingFile: string;
  audit: AuditConfig;
  /** How many objects of a collection are deleted concurrently. */
  deletionsAtOnce: number;
  flowControl: { priorityAndFairness: boolean; reading: number; mutating: number };
  /** 0: for ever. */
  eventTtlMs: number;
  /** The lease by which a cluster identifies this server. */
  identityLease: { durationSeconds: number; renewMs: number };
  runtimeConfig: Readonly<Record<string, string>>;
  featureGates: ReadGates;
  /** Whether verbosity may be changed from outside. */
  profiling: boolean;
  servesLogs: boolean;
  versions: VersionFlags;
  logging: LogSettings;
}> & { readonly [completed]: true };

/** `host:port`, with brackets around IPv6; a host that brings a port keeps it. */
function withPort(host: string, port: number): string {
  if (/^[^:]+:\d+$|\]:\d+$/.test(host)) return host;
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Fills in, never judges. */
export function completeConfig(flags: ApiServerFlags, host: { defaultAddress(): string }): CompletedConfig {
  const bindAddress = flags['bind-address'];
  const unspecified = bindAddress === '0.0.0.0' || bindAddress === '::' || bindAddress === '';
  const advertiseAddress = flags['advertise-address'] || (unspecified ? host.defaultAddress() : bindAddress);
  const versions = completeVersions(flags);
  return {
    flags: { ...flags } as Readonly<Record<string, unknown>>,
    advertiseAddress,
    externalAddress: withPort(flags['external-hostname'] || advertiseAddress, flags['secure-port']),
    endpointReconciler: flags['endpoint-reconciler-type'],
    minWatchMs: flags['min-request-timeout'] * 1000,
    rejectForwardedRedirects: flags['aggregator-reject-forwarding-redirect'],
    routesToEndpoints: flags['enable-aggregator-routing'],
    bindAddress,
    securePort: flags['secure-port'],
    tls: completeTls(flags, advertiseAddress),
    shutdown: {
      delayMs: flags['shutdown-delay-duration'],
      graceMs: flags['request-timeout'],
      sendsRetryAfter: flags['shutdown-send-retry-after'],
    },
    browsers: completeBrowsers(flags),
    authentication: completeAuthentication(flags),
    authorization: completeAuthorization(flags),
    clientCaFile: flags['client-ca-file'],
    anonymous: flags['anonymous-auth'],
    bootstrapTokens: flags['enable-bootstrap-token-auth'],
    authorizationModes: flags['authorization-mode'] ?? ['AlwaysAllow'],
    admission: completeAdmission(flags),
    requestHeader: completeRequestHeader(flags),
    proxyClient: { certFile: flags['proxy-client-cert-file'], keyFile: flags['proxy-client-key-file'] },
    serviceAccounts: completeServiceAccounts(flags),
    services: completeServices(flags),
    kubelet: completeKubeletClient(flags),
    storage: completeStorage(flags),
    egressFile: flags['egress-selector-config-file'],
    tracingFile: flags['tracing-config-file'],
    audit: completeAudit(flags),
    deletionsAtOnce: flags['delete-collection-workers'],
    flowControl: {
      priorityAndFairness: flags['enable-priority-and-fairness'],
      reading: flags['max-requests-inflight'],
      mutating: flags['max-mutating-requests-inflight'],
    },
    eventTtlMs: flags['event-ttl'],
    identityLease: {
      durationSeconds: flags['identity-lease-duration-seconds'],
      renewMs: flags['identity-lease-renew-interval-seconds'] * 1000,
    },
    runtimeConfig: flags['runtime-config'],
    profiling: flags.profiling,
    servesLogs: flags['enable-logs-handler'],
    featureGates: readGates(flags['feature-gates'], emulatedGates(versions)),
    versions,
    logging: logSettings(flags),
  } satisfies Omit<CompletedConfig, typeof completed> as unknown as CompletedConfig;
}

function completeVersions(flags: ApiServerFlags): CompletedConfig['versions'] {
  return {
    emulated: flags['emulated-version'],
    minCompatibility: flags['min-compatibility-version'],
    forward: {
      all: flags['emulation-forward-compatible'],
      runtimeConfig: flags['runtime-config-emulation-forward-compatible'],
    },
  };
}

function completeTls(flags: ApiServerFlags, advertiseAddress: string): CompletedConfig['tls'] {
  return {
    ...servingFiles(flags, advertiseAddress),
    named: flags['tls-sni-cert-key'].map(namedCertificateFiles),
    flags: {
      ...tlsNames(flags),
      maxStreams: flags['http2-max-streams-per-connection'],
      goawayChance: flags['goaway-chance'],
      disableHttp2: flags['disable-http2-serving'],
    },
  };
}

function completeAdmission(flags: ApiServerFlags): CompletedConfig['admission'] {
  return {
    enable: flags['enable-admission-plugins'],
    disable: flags['disable-admission-plugins'],
    configFile: flags['admission-control-config-file'],
    tolerationSeconds: {
      notReady: flags['default-not-ready-toleration-seconds'],
      unreachable: flags['default-unreachable-toleration-seconds'],
    },
  };
}

/** Undefined: no proxy is trusted. */
function completeRequestHeader(flags: ApiServerFlags): CompletedConfig['requestHeader'] {
  const clientCaFile = flags['requestheader-client-ca-file'];
  if (clientCaFile === '') return undefined;
  return {
    clientCaFile,
    allowedNames: flags['requestheader-allowed-names'],
    usernameHeaders: flags['requestheader-username-headers'],
    uidHeaders: flags['requestheader-uid-headers'],
    groupHeaders: flags['requestheader-group-headers'],
    extraHeaderPrefixes: flags['requestheader-extra-headers-prefix'],
  };
}

function completeServiceAccounts(flags: ApiServerFlags): CompletedConfig['serviceAccounts'] {
  const issuers = flags['service-account-issuer'];
  const signingKeyFile = flags['service-account-signing-key-file'];
  const keyFiles = flags['service-account-key-file'];
  const maxTokenMs = flags['service-account-max-token-expiration'];
  return {
    issuers,
    // By default, tokens are verified with the signing key.
    keyFiles: keyFiles.length > 0 || signingKeyFile === '' ? keyFiles : [signingKeyFile],
    signingKeyFile,
    signingEndpoint: flags['service-account-signing-endpoint'],
    jwksUri: flags['service-account-jwks-uri'],
    audiences: flags['api-audiences'] ?? issuers,
    maxTokenSeconds: maxTokenMs > 0 ? maxTokenMs / 1000 : undefined,
    extendExpiration: flags['service-account-extend-token-expiration'],
  };
}

function completeServices(flags: ApiServerFlags): CompletedConfig['services'] {
  return {
    ipRange: flags['service-cluster-ip-range'],
    nodePorts: flags['service-node-port-range'],
    ownNodePort: flags['kubernetes-service-node-port'],
  };
}

function completeKubeletClient(flags: ApiServerFlags): CompletedConfig['kubelet'] {
  return {
    certFile: flags['kubelet-client-certificate'],
    keyFile: flags['kubelet-client-key'],
    caFile: flags['kubelet-certificate-authority'],
    addressTypes: flags['kubelet-preferred-address-types'],
  };
}

const endpointReconcilers = ['lease', 'master-count', 'none'];

/** Judges, never fills in: returns every problem, in upstream's words where there are any. */
export function validateConfig(config: CompletedConfig): string[] {
  const problems: string[] = [];
  const { serviceAccounts, tls } = config;
  const versions = versionProblems(config.versions);
  problems.push(...versions, ...config.featureGates.problems, ...storageProblems(config.storage));
  if (!endpointReconcilers.includes(config.endpointReconciler)) {
    problems.push(`endpoint reconciler not implemented: ${config.endpointReconciler}`);
  }
  if (config.deletionsAtOnce < 1) problems.push('--delete-collection-workers must be at least 1');
  if (config.minWatchMs < 0) problems.push('--min-request-timeout can not be negative value');
  if (config.securePort < 1 || config.securePort > 65535)
    problems.push(
      `--secure-port ${config.securePort} must be between 1 and 65535, inclusive. It cannot be turned off with 0`,
    );
  if (tls.certFile === '' || tls.keyFile === '') problems.push('missing filename for serving cert');
  problems.push(...pluginChoiceProblems({ enabled: config.admission.enable, disabled: config.admission.disable }));
  problems.push(...authenticationProblems(config.authentication));
  problems.push(...authorizationProblems(config.authorization, config.authorizationModes));
  problems.push(...tlsProblems(tls.flags));
  for (const { certFile, keyFile } of tls.named)
    if (certFile === '' || keyFile === '') problems.push('expected comma separated certificate and key file paths');
  if (serviceAccounts.issuers.length === 0 && serviceAccounts.signingKeyFile !== '')
    problems.push('service-account-issuer is a required flag');
  if (serviceAccounts.signingEndpoint !== '') {
    const together = 'and service-account-signing-endpoint are mutually exclusive and cannot be set at the same time';
    if (serviceAccounts.signingKeyFile !== '') problems.push(`service-account-signing-key-file ${together}`);
    else if (serviceAccounts.keyFiles.length > 0) problems.push(`service-account-key-file ${together}`);
    if (serviceAccounts.issuers.length === 0) problems.push('service-account-issuer is a required flag');
  } else if (serviceAccounts.issuers.length > 0 && serviceAccounts.signingKeyFile === '')
    problems.push('service-account-signing-key-file and service-account-issuer are required flags');
  const { enable: enabled, disable: disabled } = config.admission;
  problems.push(...pluginChoiceProblems({ enabled, disabled }));
  problems.push(...browserProblems(config.browsers));
  problems.push(...rangeProblems(config.services.ipRange));
  problems.push(...auditProblems(config.audit));
  const { flowControl } = config;
  if (flowControl.reading < 0) problems.push('--max-requests-inflight can not be negative value');
  if (flowControl.mutating < 0) problems.push('--max-mutating-requests-inflight can not be negative value');
  if (flowControl.priorityAndFairness && flowControl.reading + flowControl.mutating <= 0)
    problems.push('--max-requests-inflight and --max-mutating-requests-inflight must have a positive sum');
  const groups = new Set(builtInResources.map(({ type }) => type.group));
  problems.push(...runtimeConfigProblems(config.runtimeConfig, groups));
  if (versions.length === 0 && !config.versions.forward?.runtimeConfig)
    problems.push(...laterVersionProblems(config.runtimeConfig, emulatedVersion(config.versions)));
  problems.push(...nodePortProblems(config.services));
  return problems;
}

function nodePortProblems({ nodePorts, ownNodePort }: CompletedConfig['services']): string[] {
  if (!/^\d+-\d+$/.test(nodePorts))
    return [
      `invalid argument ${JSON.stringify(nodePorts)} for "--service-node-port-range" flag: not a valid port range`,
    ];
  if (ownNodePort < 0 || ownNodePort > 65535)
    return [
      `--kubernetes-service-node-port ${ownNodePort} must be between 0 and 65535, inclusive. If 0, the Kubernetes master service will be of type ClusterIP`,
    ];
  const [first = 0, last = 0] = nodePorts.split('-').map(Number);
  if (ownNodePort > 0 && (ownNodePort < first || ownNodePort > last))
    return [`kubernetes service node port range ${nodePorts} doesn't contain ${ownNodePort}`];
  return [];
}

interface NamedCertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Empty: those in the certificate. */
  readonly names: readonly string[];
}

/** `cert,key[:name,name]` */
function namedCertificateFiles(text: string): NamedCertificateFiles {
  const [files = '', names = ''] = text.split(':');
  const [certFile = '', keyFile = ''] = files.split(',');
  return { certFile, keyFile, names: names.split(',').filter((name) => name !== '') };
}
