import type { FlagSpecs, ParsedArguments } from '@typernetes/process';
import type { CommandDeps } from '../command-deps.ts';
import { bindAddressProblems } from '../config/field-problems.ts';
import type { Discovery, GivenDiscovery } from '../config/internal.ts';
import { loadJoinConfig } from '../config/load.ts';
import { validateJoin } from '../config/validate.ts';
import type { InitContext } from '../init-context.ts';
import { controlPlaneContext } from '../join/control-plane-context.ts';
import type { DiscoveredCluster } from '../join/discovered-cluster.ts';
import { discover } from '../join/discovery.ts';
import type { JoinContext } from '../join/join-context.ts';
import { logStep } from '../log-lines.ts';
import { logMachine } from '../machine-lines.ts';
import { CommandError } from '../output.ts';
import { runOptions } from '../run-options.ts';
import { missingDiscoveryFile, readConfigFile, refuseMixedArguments, refuseProblems } from './config-file.ts';
import { criSocketFlag, dryRunFlag, patchesFlag } from './run-flags.ts';

export const joinFlags = {
  'apiserver-advertise-address': {
    type: 'string',
    help: "If the node should host a new control plane instance, the IP address the API Server will advertise it's listening on. If not set the default network interface will be used.",
  },
  'apiserver-bind-port': {
    type: 'number',
    help: 'If the node should host a new control plane instance, the port for the API Server to bind to.',
    typeName: 'int32',
    shownDefault: '6443',
  },
  'certificate-key': {
    type: 'string',
    help: 'Use this key to decrypt the certificate secrets uploaded by init. The certificate key is a hex encoded string that is an AES key of size 32 bytes.',
  },
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  'control-plane': { type: 'boolean', help: 'Create a new control plane instance on this node', default: false },
  'cri-socket': criSocketFlag,
  'discovery-file': {
    type: 'string',
    help: 'For file-based discovery, a file or URL from which to load cluster information.',
  },
  'discovery-token': {
    type: 'string',
    help: 'For token-based discovery, the token used to validate cluster information fetched from the API server.',
  },
  'discovery-token-ca-cert-hash': {
    type: 'list',
    help: 'For token-based discovery, validate that the root CA public key matches this hash (format: "<type>:<value>").',
  },
  'discovery-token-unsafe-skip-ca-verification': {
    type: 'boolean',
    help: 'For token-based discovery, allow joining without --discovery-token-ca-cert-hash pinning.',
  },
  'dry-run': dryRunFlag,
  'ignore-preflight-errors': {
    type: 'list',
    help: "A list of checks whose errors will be shown as warnings. Example: 'IsPrivilegedUser,Swap'. Value 'all' ignores errors from all checks.",
    default: [],
  },
  'node-name': { type: 'string', help: 'Specify the node name.' },
  patches: patchesFlag,
  'skip-phases': { type: 'list', help: 'List of phases to be skipped', default: [] },
  'tls-bootstrap-token': {
    type: 'string',
    help: 'Specify the token used to temporarily authenticate with the Kubernetes Control Plane while joining the node.',
  },
  token: {
    type: 'string',
    help: 'Use this token for both discovery-token and tls-bootstrap-token when those values are not provided.',
  },
} as const satisfies FlagSpecs;

/** Turns the command line into the context of join's phases. Prints warnings; throws if the configuration is invalid. */
export async function joinContext(
  { flags, given, positional }: ParsedArguments<typeof joinFlags>,
  deps: CommandDeps,
): Promise<JoinContext> {
  if (positional.length > 1) throw new CommandError(`accepts at most 1 arg(s), received ${positional.length}`);
  refuseMixedArguments(given);
  const ofControlPlanes = ['certificate-key', 'apiserver-advertise-address', 'apiserver-bind-port'];
  if (!flags['control-plane'] && ofControlPlanes.some((name) => given.has(name))) {
    deps.output.err(
      `[preflight] WARNING: --control-plane is also required when passing control-plane related flags such as [${ofControlPlanes.join(', ')}]\n`,
    );
  }
  if (flags['node-name'] === undefined) {
    logStep(deps.output, 'join.go:421', '[preflight] found NodeName empty; using OS hostname as NodeName');
  }
  if (flags['control-plane'] && flags['apiserver-advertise-address'] === undefined) {
    const own = "using default interface's IP address as advertiseAddress";
    logStep(deps.output, 'join.go:425', `[preflight] found advertiseAddress empty; ${own}`);
  }
  if (flags.config !== undefined) {
    logStep(deps.output, 'joinconfiguration.go:83', `loading configuration from "${flags.config}"`);
  }
  const text = await readConfigFile(flags.config, deps);
  const { config, warnings } = loadJoinConfig(
    text,
    {
      endpoint: positional[0],
      token: flags.token,
      discoveryToken: flags['discovery-token'],
      tlsBootstrapToken: flags['tls-bootstrap-token'],
      discoveryFile: flags['discovery-file'],
      caCertHashes: flags['discovery-token-ca-cert-hash'],
      unsafeSkipCaVerification: flags['discovery-token-unsafe-skip-ca-verification'],
      controlPlane: flags['control-plane'],
      certificateKey: flags['certificate-key'],
      advertiseAddress: flags['apiserver-advertise-address'],
      bindPort: flags['apiserver-bind-port'],
      ignorePreflightErrors: flags['ignore-preflight-errors'],
      skipPhases: flags['skip-phases'],
      nodeName: flags['node-name'],
      criSocket: flags['cri-socket'],
      dryRun: flags['dry-run'],
      patches: flags.patches,
    },
    { machine: deps.host.machine, network: deps.host.network },
  );
  logMachine(deps, {
    criSocket: flags['cri-socket'],
    found: config.node.criSocket,
    ...(config.controlPlane ? { address: config.controlPlane.localEndpoint.advertiseAddress } : {}),
  });
  for (const warning of warnings) deps.output.err(`[config] WARNING: ${warning}\n`);
  refuseProblems(validateJoin(config, await missingDiscoveryFile(config, deps.host.files)));
  if (config.controlPlane) refuseProblems(bindAddressProblems(config.controlPlane.localEndpoint.advertiseAddress));
  const present = new Map<string, object>([
    [`/api/v1/nodes/${config.node.name}`, { metadata: { name: config.node.name, resourceVersion: '1' }, spec: {} }],
  ]);
  const { used, dryRun, patches } = await runOptions('join', deps, { ...config, server: true, present });
  const { host, output, clock, connect, images } = used;

  let discovered: Promise<DiscoveredCluster> | undefined;
  const cluster = (scope: AbortSignal): Promise<DiscoveredCluster> => {
    if (!discovered) logStep(output, 'join.go:551', '[preflight] Discovering cluster-info');
    discovered ??= discover(
      discoveryOf(config.discovery),
      { network: host.network, files: host.files, clock, output },
      { timeoutMs: config.timeouts.discoveryMs, signal: scope },
    );
    return discovered;
  };
  let init: Promise<InitContext> | undefined;
  const asControlPlane = (scope: AbortSignal): Promise<InitContext> => {
    init ??= controlPlaneContext(config, used, { cluster, signal: scope, patches, dryRun });
    return init;
  };
  return { config, host, output, clock, connect, images, patches, dryRun, cluster, asControlPlane };
}

/** For a valid configuration, which has exactly one of the two. */
function discoveryOf({ token, file }: GivenDiscovery): Discovery {
  if (file) return { kind: 'file', ...file };
  if (token) return { kind: 'token', ...token };
  throw new Error('Cannot discover a cluster that neither a token nor a file stands for');
}
