/** The program of `npx typernetes` from the npm package, which contains a control plane and no machines. */
import { messagesOf } from '@typernetes/base';
import { FlagError } from '@typernetes/process';
import { controlPlaneCommand } from './control-plane-command.ts';
import { storeCommand } from './store-command.ts';

const usage = `A Kubernetes control plane on this machine, without root; and copies of what a cluster keeps.

Usage:
  typernetes control-plane [--nodes N] [--port N] [--kubeconfig FILE] [--storage FILE] [--controllers LIST] [--scheduler=false] [-v N] [-- KUBE-APISERVER-FLAGS]
  typernetes store snapshot FILE [--kubeconfig FILE]
  typernetes store restore FILE [--storage-path FILE] [--bump-revision N]
  typernetes store status [FILE] [--kubeconfig FILE]
`;

const [command, ...args] = process.argv.slice(2);
try {
  if (command === 'control-plane') process.exitCode = await controlPlaneCommand(args, process);
  else if (command === 'store') process.exitCode = await storeCommand(args);
  else if (command === undefined || ['help', '--help', '-h'].includes(command)) process.stdout.write(usage);
  else throw new FlagError(`unknown command "${command}"`);
} catch (error) {
  process.stderr.write(`typernetes: ${messagesOf(error)}\n${error instanceof FlagError ? `\n${usage}` : ''}`);
  process.exitCode = error instanceof FlagError ? 2 : 1;
}
