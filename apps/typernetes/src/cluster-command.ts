import { readFileSync } from 'node:fs';
import { createCluster, deleteCluster, kubeconfigFile, listClusters } from '@typernetes/machine';
import { FlagError, parseFlags } from '@typernetes/process';
import { networkAddon } from '../../../tools/network-addon.ts';
import { table } from './table.ts';
import { preparedContext, presentContext, print, report } from './terminal.ts';

const flagSpecs = {
  'control-planes': { type: 'number', help: 'machines with a control plane', default: 1 },
  workers: { type: 'number', help: 'machines without', default: 1 },
  config: { type: 'string', help: 'a kubeadm configuration file' },
} as const;

/** The default name of a cluster. */
export const defaultCluster = 'typernetes';

/** `typernetes cluster …`. Returns the exit code. */
export async function clusterCommand(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const { flags, positional } = parseFlags(flagSpecs, rest);
  const [name = defaultCluster] = positional;
  switch (verb) {
    case 'create': {
      for (const [flag, least] of [
        ['control-planes', 1],
        ['workers', 0],
      ] as const) {
        if (!Number.isInteger(flags[flag]) || flags[flag] < least)
          throw new FlagError(`invalid argument "${flags[flag]}" for "--${flag}" flag: must be ${least} or more`);
      }
      const context = await preparedContext();
      report(`Creating cluster ${name}`);
      await createCluster(context, {
        name,
        controlPlanes: flags['control-planes'],
        workers: flags.workers,
        config: flags.config === undefined ? undefined : readFileSync(flags.config, 'utf8'),
        addons: [networkAddon()],
      });
      print(`cluster/${name} created\n\nexport KUBECONFIG=${kubeconfigFile(context, name)}\n`);
      return 0;
    }
    case 'list': {
      const rows = listClusters(presentContext()).map((cluster) => [
        cluster.name,
        cluster.phase,
        String(cluster.controlPlanes.length),
        String(cluster.workers.length),
        cluster.apiPort === 0 ? '' : `https://127.0.0.1:${cluster.apiPort}`,
        cluster.created,
      ]);
      print(table(['NAME', 'STATUS', 'CONTROL-PLANES', 'WORKERS', 'SERVER', 'CREATED'], rows));
      return 0;
    }
    case 'kubeconfig':
      print(readFileSync(kubeconfigFile(presentContext(), name), 'utf8'));
      return 0;
    case 'delete':
      await deleteCluster(presentContext(), name);
      print(`cluster/${name} deleted\n`);
      return 0;
    default:
      throw new FlagError(`Unknown command "cluster ${verb ?? ''}"`);
  }
}
