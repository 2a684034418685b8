import { tokenKeyAhead } from '../certs/token-key.ts';
import { phaseHelp, runAllPhases, runNamedPhase } from '../phase.ts';
import { initPhases } from '../phases/init.ts';
import { defineCommand } from './command.ts';
import { initContext, initFlags, initPhaseFlags } from './init-flags.ts';
import { initPhaseFlags as flagsOfInitPhases } from './phase-flags.ts';

export const initCommand = defineCommand({
  path: 'init',
  use: 'kubeadm init [flags]',
  short: 'Run this command in order to set up the Kubernetes control plane',
  flags: initFlags,
  more: () => phaseHelp('init', initPhases),
  async run(given, deps, signal) {
    const usual = { kubeconfig: undefined, 'kubeconfig-dir': undefined, 'print-manifest': false };
    const context = await initContext({ ...given, flags: { ...given.flags, ...usual } }, deps);
    const { skipPhases, cluster } = context.config;
    deps.output.out(`[init] Using Kubernetes version: ${cluster.kubernetesVersion}\n`);
    if (cluster.storage.kind === 'stacked-etcd') {
      deps.output.out(`[init] Using a stacked etcd member as the store, because ${cluster.storage.why} is set\n`);
    }
    const ahead = await tokenKeyAhead(context.config, context.host.files);
    await runAllPhases(initPhases, { ...context, tokenKeyAhead: ahead }, signal, { skip: skipPhases });
  },
});

export const initPhaseCommand = defineCommand({
  path: 'init phase',
  use: 'kubeadm init phase PHASE [SUBPHASE] [flags]',
  short: 'Use this command to invoke single phase of the "init" workflow',
  flags: initPhaseFlags,
  menu: { phases: initPhases, flags: flagsOfInitPhases },
  async run(given, deps, signal) {
    await runNamedPhase(initPhases, {
      names: given.positional,
      signal,
      skip: ({ config }) => config.skipPhases,
      async context() {
        const context = await initContext({ ...given, positional: [] }, deps);
        return context;
      },
    });
  },
});
