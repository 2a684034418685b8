import { FlagError } from '@typernetes/process';
import { clusterCommand } from './cluster-command.ts';
import { machineCommand } from './machine-command.ts';
import { up } from './up.ts';

const usage = `Clusters on this host, of machines made from namespaces.

Usage:
  typernetes up                                   a cluster with the nginx example running on it
  typernetes cluster create [NAME] [--control-planes N] [--workers N] [--config FILE]
  typernetes cluster list
  typernetes cluster kubeconfig [NAME]            print the kubeconfig for this host
  typernetes cluster delete [NAME]
  typernetes machine create NAME [--systemd] [--link=N]   systemd as its first process; another link (0 to 9)
  typernetes machine list
  typernetes machine shell NAME
  typernetes machine exec NAME [-t] -- COMMAND [ARG...]
  typernetes machine stop NAME [--force]          --force is a power cut
  typernetes machine start NAME
  typernetes machine delete NAME...
  typernetes control-plane [--nodes N] [--port N] [--kubeconfig FILE] [-- KUBE-APISERVER-FLAGS]   without machines or root, in the foreground
  typernetes images save [FILE]                   all images of a cluster's machines, for machines without a registry
  typernetes images load FILE [--address SOCKET]  into the containerd of this machine
  typernetes store snapshot FILE [--kubeconfig FILE]      a copy of a running API server's store, as an administrator
  typernetes store restore FILE [--storage-path FILE] [--bump-revision N]   before the API server starts; clients list again
  typernetes store status [FILE] [--kubeconfig FILE]      of a snapshot, or of a running API server's store

TYPERNETES_HOME names the folder for machines and clusters (default /var/lib/typernetes).
`;

/** Runs one command and returns the exit code. */
export async function commandLine(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (asksForHelp(args)) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    switch (command) {
      case 'up':
        if (rest.length > 0) throw new FlagError(`"up" takes no arguments, got "${rest.join(' ')}"`);
        return await up();
      case 'cluster':
        return await clusterCommand(rest);
      case 'machine':
        return await machineCommand(rest);
      case 'control-plane':
        return await (await import('./control-plane-command.ts')).controlPlaneCommand(rest, process);
      case 'images':
        return await (await import('./images-command.ts')).imagesCommand(rest);
      case 'store':
        // Loaded on demand: loading SQLite would slow down the start of every other command.
        return await (await import('./store-command.ts')).storeCommand(rest);
      default:
        process.stderr.write(usage);
        return 2;
    }
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`typernetes: ${error.message}\n\n${usage}`);
    return 2;
  }
}

/** Only arguments before `--` count: what follows is a command for a machine. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  return own[0] === 'help' || own.includes('--help') || own.includes('-h');
}
