import type {
  ClusterConfiguration,
  InitConfiguration,
  JoinConfiguration,
  NodeRegistrationOptions,
} from '@typernetes/api/kubeadm/v1beta4';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import type { Machine, Network } from '../host.ts';
import type { DecodedDocuments } from './decoded-documents.ts';
import { completeCluster, completeNode, completeTimeouts, completeToken, controlPlaneTaint } from './defaults.ts';
import { decodeDocuments, initKinds, joinKinds } from './documents.ts';
import type { ClusterConfig, GivenDiscovery, InitConfig, JoinConfig, JoinControlPlane } from './internal.ts';

/** What defaulting needs from the machine, and from a random source. */
export interface LoadDeps {
  readonly machine: Pick<Machine, 'hostName'>;
  readonly network: Pick<Network, 'defaultAddress'>;
  readonly newToken: () => string;
}

/** The flags. Only those that upstream allows may be combined with `--config`. */
export interface InitFlags {
  readonly init?: InitConfiguration;
  readonly cluster?: ClusterConfiguration;
  readonly ignorePreflightErrors?: readonly string[];
  readonly skipPhases?: readonly string[];
  readonly nodeName?: string;
  readonly criSocket?: string;
  readonly token?: string;
  readonly tokenTtl?: string;
  readonly certificateKey?: string;
  readonly dryRun?: boolean;
  readonly patches?: string;
}

export interface Loaded<C> {
  readonly config: C;
  readonly warnings: readonly string[];
}

/** A version other than this build's causes a warning; a text that is not a version is an error. */
function refuseNoVersion(text: string): void {
  const named = text.replace(/^(release|ci|ci-cross)\//, '');
  const isVersion = /^v?(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}[-\w.+]*$/.test(named);
  if (text === '' || isVersion || /^(latest|stable)(-[1-9](\.[1-9]\d?)?)?$/.test(named)) return;
  throw new Error(
    `version ${JSON.stringify(text)} doesn't match patterns for neither semantic version nor labels (stable, latest, ...)`,
  );
}

/** A list that flags give instead of the file's. */
export const chosen = (flags: readonly string[] = [], file: readonly string[] = []): readonly string[] =>
  flags.length > 0 ? flags : file;

/** Merges the text of `--config` (or none) and flags into the internal configuration, with defaults, not yet validated. */
export function loadInitConfig(text: string | undefined, flags: InitFlags, deps: LoadDeps): Loaded<InitConfig> {
  const decoded = text === undefined ? { documents: [], warnings: [] } : decodeDocuments(text, { wanted: initKinds });
  const kinds = ['InitConfiguration', 'ClusterConfiguration'];
  if (text !== undefined && !decoded.documents.some(({ kind }) => kinds.includes(kind))) {
    throw new Error('no InitConfiguration or ClusterConfiguration kind was found in the configuration file');
  }
  const init = { ...document<InitConfiguration>(decoded, 'InitConfiguration'), ...flags.init };
  const cluster = { ...document<ClusterConfiguration>(decoded, 'ClusterConfiguration'), ...flags.cluster };
  refuseNoVersion(cluster.kubernetesVersion ?? '');
  const node = { ...(init.nodeRegistration as Partial<NodeRegistrationOptions> | undefined), ...named(flags) };
  const tokens = init.bootstrapTokens?.length ? init.bootstrapTokens : [{}];
  const flagToken = {
    ...(flags.token ? { token: flags.token } : {}),
    ...(flags.tokenTtl ? { ttl: flags.tokenTtl } : {}),
  };
  const registration = completeNode(node, { hostName: deps.machine.hostName, taints: [controlPlaneTaint] });
  return {
    warnings: decoded.warnings,
    config: {
      cluster: completeCluster(cluster),
      node: {
        ...registration,
        ignorePreflightErrors: [...registration.ignorePreflightErrors, ...(flags.ignorePreflightErrors ?? [])],
      },
      localEndpoint: {
        advertiseAddress: ownAddress(init.localAPIEndpoint?.advertiseAddress, deps.network),
        bindPort: init.localAPIEndpoint?.bindPort || 6443,
      },
      certificateKey: flags.certificateKey ?? init.certificateKey ?? '',
      bootstrapTokens: tokens.map((token, i) =>
        completeToken({ ...token, ...(i === 0 ? flagToken : {}) }, deps.newToken),
      ),
      skipPhases: chosen(flags.skipPhases, init.skipPhases),
      dryRun: flags.dryRun || (init.dryRun ?? false),
      patches: flags.patches || (init.patches?.directory ?? ''),
      timeouts: completeTimeouts(init.timeouts),
      kubelet: document<Partial<KubeletConfiguration>>(decoded, 'KubeletConfiguration') ?? {},
      kubeProxy: document<Record<string, unknown>>(decoded, 'KubeProxyConfiguration') ?? {},
    },
  };
}

/**
 * The ClusterConfiguration that a cluster keeps in its `kubeadm-config` ConfigMap. It was complete when it was stored: without an etcd
 * section the store is the embedded one, whatever else it says.
 */
export function loadClusterConfig(text: string): ClusterConfig {
  const given = document<ClusterConfiguration>(decodeDocuments(text), 'ClusterConfiguration');
  if (!given) throw new Error('no ClusterConfiguration found in the ConfigMap "kubeadm-config"');
  const cluster = completeCluster(given);
  return given.etcd?.local || given.etcd?.external ? cluster : { ...cluster, storage: { kind: 'embedded' } };
}

/** The version in a stored ClusterConfiguration: the one that the cluster was created with or last upgraded to. */
export function storedVersion(text: string): string {
  return document<ClusterConfiguration>(decodeDocuments(text), 'ClusterConfiguration')?.kubernetesVersion ?? '';
}

export interface JoinFlags {
  /** `host:port`, the argument of the command. */
  readonly endpoint?: string;
  readonly token?: string;
  readonly discoveryToken?: string;
  readonly tlsBootstrapToken?: string;
  readonly discoveryFile?: string;
  readonly caCertHashes?: readonly string[];
  readonly unsafeSkipCaVerification?: boolean;
  readonly controlPlane?: boolean;
  readonly certificateKey?: string;
  readonly advertiseAddress?: string;
  readonly bindPort?: number;
  readonly ignorePreflightErrors?: readonly string[];
  readonly skipPhases?: readonly string[];
  readonly nodeName?: string;
  readonly criSocket?: string;
  readonly dryRun?: boolean;
  readonly patches?: string | undefined;
}

export function loadJoinConfig(
  text: string | undefined,
  flags: JoinFlags,
  deps: Pick<LoadDeps, 'machine' | 'network'>,
): Loaded<JoinConfig> {
  const decoded = text === undefined ? { documents: [], warnings: [] } : decodeDocuments(text, { wanted: joinKinds });
  const given = document<JoinConfiguration>(decoded, 'JoinConfiguration');
  if (text !== undefined && !given) throw new Error('no JoinConfiguration found in the supplied config');
  const discovery = discoveryOf(given, flags);
  const node = { ...(given?.nodeRegistration as Partial<NodeRegistrationOptions> | undefined), ...named(flags) };
  const becomesControlPlane = flags.controlPlane === true || given?.controlPlane !== undefined;
  const taints = becomesControlPlane ? [controlPlaneTaint] : [];
  const registration = completeNode(node, { hostName: deps.machine.hostName, taints });
  return {
    warnings: decoded.warnings,
    config: {
      node: {
        ...registration,
        ignorePreflightErrors: [...registration.ignorePreflightErrors, ...(flags.ignorePreflightErrors ?? [])],
      },
      discovery,
      tlsBootstrapToken:
        flags.tlsBootstrapToken ??
        flags.token ??
        (given?.discovery?.tlsBootstrapToken || (discovery.token?.token ?? '')),
      caCertPath: given?.caCertPath ?? '/etc/kubernetes/pki/ca.crt',
      controlPlane: becomesControlPlane ? joinControlPlane(given?.controlPlane, flags, deps) : undefined,
      skipPhases: chosen(flags.skipPhases, given?.skipPhases),
      dryRun: flags.dryRun || (given?.dryRun ?? false),
      patches: flags.patches || (given?.patches?.directory ?? ''),
      timeouts: completeTimeouts(given?.timeouts),
    },
  };
}

function joinControlPlane(
  given: JoinConfiguration['controlPlane'],
  flags: JoinFlags,
  { network }: Pick<LoadDeps, 'network'>,
): JoinControlPlane {
  const { advertiseAddress, bindPort } = given?.localAPIEndpoint ?? {};
  return {
    localEndpoint: {
      advertiseAddress: ownAddress(flags.advertiseAddress || advertiseAddress, network),
      bindPort: flags.bindPort || bindPort || 6443,
    },
    certificateKey: flags.certificateKey ?? given?.certificateKey ?? '',
  };
}

/** The given address or, for an unspecified one, the address of the default interface; "" if there is none. */
const ownAddress = (given: string | undefined, network: LoadDeps['network']): string =>
  !given || given === '0.0.0.0' || given === '::' ? (network.defaultAddress() ?? '') : given;

/** As in upstream, flags configure token discovery only together with the API server's endpoint. */
function discoveryOf(given: JoinConfiguration | undefined, flags: JoinFlags): GivenDiscovery {
  const file = flags.discoveryFile ?? given?.discovery?.file?.kubeConfigPath;
  const token = given?.discovery?.bootstrapToken;
  const endpoint = token ? token.apiServerEndpoint : flags.endpoint;
  return {
    ...(token || endpoint !== undefined
      ? {
          token: {
            token: flags.discoveryToken ?? flags.token ?? token?.token ?? '',
            endpoint: endpoint ?? '',
            caCertHashes: flags.caCertHashes?.length ? flags.caCertHashes : (token?.caCertHashes ?? []),
            unsafeSkipCaVerification: flags.unsafeSkipCaVerification ?? token?.unsafeSkipCAVerification ?? false,
          },
        }
      : {}),
    ...(file || given?.discovery?.file ? { file: { path: (file ?? '').replace(/^file:\/\//, '') } } : {}),
  };
}

function named(flags: { nodeName?: string; criSocket?: string }): Partial<NodeRegistrationOptions> {
  return {
    ...(flags.nodeName ? { name: flags.nodeName } : {}),
    ...(flags.criSocket ? { criSocket: flags.criSocket } : {}),
  };
}

function document<T>(decoded: DecodedDocuments, kind: string): T | undefined {
  return decoded.documents.find((candidate) => candidate.kind === kind)?.value as T | undefined;
}
