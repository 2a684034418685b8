import type { ParsedArguments } from '@typernetes/process';
import type { CommandDeps } from '../command-deps.ts';
import { CommandError } from '../output.ts';
import { adminKubeconfig } from '../paths.ts';
import { phaseHelp, phaseNames, runAllPhases, runNamedPhase } from '../phase.ts';
import { joinPhases } from '../phases/join.ts';
import { defineCommand } from './command.ts';
import { joinContext, joinFlags } from './join-flags.ts';
import { joinPhaseFlags } from './phase-flags.ts';

export const joinCommand = defineCommand({
  path: 'join',
  use: 'kubeadm join [api-server-endpoint] [flags]',
  short: 'Run this on any machine you wish to join an existing cluster',
  flags: joinFlags,
  more: () => phaseHelp('join [api-server-endpoint]', joinPhases),
  async run(given, deps, signal) {
    const context = await joinContext(given, deps);
    await runAllPhases(joinPhases, context, signal, { skip: context.config.skipPhases });
    deps.output.out(context.config.controlPlane ? controlPlaneJoined : joinDone);
  },
});

export const joinPhaseCommand = defineCommand({
  path: 'join phase',
  use: 'kubeadm join phase PHASE [SUBPHASE] [api-server-endpoint] [flags]',
  short: 'Use this command to invoke single phase of the "join" workflow',
  flags: joinFlags,
  menu: {
    phases: joinPhases,
    flags: joinPhaseFlags,
    argument: { shown: '[api-server-endpoint]', with: 'discovery-file' },
  },
  async run(given, deps, signal) {
    const { names, rest } = phaseNames(joinPhases, given.positional);
    await runNamedPhase(joinPhases, {
      names,
      signal,
      skip: ({ config }) => config.skipPhases,
      context: async () => {
        const path = names.join('/');
        const taken = joinPhaseFlags[path] ?? joinPhaseFlags[`${path}/all`] ?? [];
        if (taken.includes('discovery-file')) return joinContext({ ...given, positional: rest }, deps);
        return joinContext(await knownCluster(given, deps), deps);
      },
    });
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

/** Phases that are not told how to find the cluster know it by what an earlier one has written, unless a file says more. */
async function knownCluster(
  given: ParsedArguments<typeof joinFlags>,
  { host }: Pick<CommandDeps, 'host'>,
): Promise<ParsedArguments<typeof joinFlags>> {
  const line = { ...given, positional: [] };
  if (given.flags.config) return line;
  if (!(await host.files.exists(adminKubeconfig))) {
    throw new CommandError(
      `File ${adminKubeconfig} does not exists. Please use 'kubeadm join phase control-plane-prepare' subcommands to generate it.`,
    );
  }
  return { ...line, flags: { ...line.flags, 'discovery-file': adminKubeconfig } };
}
