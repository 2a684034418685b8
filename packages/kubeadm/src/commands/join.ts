import type { FlagSpecs } from '@typernetes/process';
import { loadJoinConfig } from '../config/load.ts';
import { validateJoin } from '../config/validate.ts';
import { controlPlaneContext } from '../join/control-plane-context.ts';
import { type DiscoveredCluster, discover } from '../join/discovery.ts';
import { CommandError } from '../output.ts';
import { phaseHelp, runPhases, unknownPhases } from '../phase.ts';
import type { InitContext } from '../phases/init-context.ts';
import { joinPhases } from '../phases/join.ts';
import { defineCommand } from './command.ts';
import { problemText, readConfigFile, refuseMixedArguments } from './init-flags.ts';

const joinFlags = {
  'apiserver-advertise-address': {
    type: 'string',
    help: "If the node should host a new control plane instance, the IP address the API Server will advertise it's listening on. If not set the default network interface will be used.",
  },
  'apiserver-bind-port': {
    type: 'number',
    help: 'If the node should host a new control plane instance, the port for the API Server to bind to.',
  },
  'certificate-key': {
    type: 'string',
    help: 'Use this key to decrypt the certificate secrets uploaded by init. The certificate key is a hex encoded string that is an AES key of size 32 bytes.',
  },
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  'control-plane': { type: 'boolean', help: 'Create a new control plane instance on this node', default: false },
  'cri-socket': { type: 'string', help: 'Path to the CRI socket to connect.' },
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
  'ignore-preflight-errors': {
    type: 'list',
    help: "A list of checks whose errors will be shown as warnings. Example: 'IsPrivilegedUser,Swap'. Value 'all' ignores errors from all checks.",
    default: [],
  },
  'node-name': { type: 'string', help: 'Specify the node name.' },
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

const besideConfig = new Set([
  'config',
  'cri-socket',
  'ignore-preflight-errors',
  'node-name',
  'skip-phases',
  'control-plane',
  'certificate-key',
  'v',
  'help',
]);

export const joinCommand = defineCommand({
  path: 'join',
  use: 'kubeadm join [api-server-endpoint] [flags]',
  short: 'Run this on any machine you wish to join an existing cluster',
  flags: joinFlags,
  more: () => `\nThe "join [api-server-endpoint]" command executes the following phases:\n${phaseHelp(joinPhases)}`,
  async run({ flags, given, positional }, deps, signal) {
    refuseMixedArguments(given, besideConfig);
    if (positional.length > 1) {
      deps.output.err(
        `[preflight] WARNING: More than one API server endpoint supplied on command line ${JSON.stringify(positional)}. Using the first one.\n`,
      );
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
      },
      { machine: deps.host.machine, network: deps.host.network },
    );
    for (const warning of warnings) deps.output.err(`[config] WARNING: ${warning}\n`);
    const problems = validateJoin(config);
    if (problems.length > 0) throw new CommandError(problemText(problems), { exitCode: 3 });
    const unknown = unknownPhases(joinPhases, config.skipPhases);
    if (unknown.length > 0) throw new CommandError(`invalid phase name: ${unknown[0]}`);

    let discovered: Promise<DiscoveredCluster> | undefined;
    const cluster = (scope: AbortSignal): Promise<DiscoveredCluster> => {
      discovered ??= discover(
        config.discovery,
        { network: deps.host.network, files: deps.host.files, clock: deps.clock },
        { timeoutMs: config.timeouts.discoveryMs, signal: scope },
      );
      return discovered;
    };
    const { host, output, clock, connect } = deps;
    let init: Promise<InitContext> | undefined;
    const asControlPlane = (scope: AbortSignal): Promise<InitContext> => {
      init ??= controlPlaneContext(config, deps, { cluster, signal: scope });
      return init;
    };
    const context = { config, host, output, clock, connect, cluster, asControlPlane };
    await runPhases(joinPhases, context, signal, { skip: config.skipPhases });
    output.out(config.controlPlane ? controlPlaneJoined : joinDone);
  },
});

const controlPlaneJoined = `
This node has joined the cluster and a new control plane instance was created:

* Certificate signing request was sent to apiserver and approval was received.
* The Kubelet was informed of the new secure connection details.
* Control plane label and taint were applied to the new node.
* The Kubernetes control plane instances scaled up.
* A new etcd member was added to the local/stacked etcd cluster.

To start administering your cluster from this node, you need to run the following as a regular user:

\tmkdir -p $HOME/.kube
\tsudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config
\tsudo chown $(id -u):$(id -g) $HOME/.kube/config

Run 'kubectl get nodes' to see this node join the cluster.

`;

const joinDone = `
This node has joined the cluster:
* Certificate signing request was sent to apiserver and a response was received.
* The Kubelet was informed of the new secure connection details.

Run 'kubectl get nodes' on the control-plane to see this node join the cluster.

`;
