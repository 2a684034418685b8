/** The program `typernetes` of an installed machine (Debian packages): what is done there without a checkout. */
import { messagesOf } from '@typernetes/base';
import { FlagError } from '@typernetes/process';
import { loadImagesCommand } from './load-images-command.ts';
import { storeCommand } from './store-command.ts';

const usage = `Copies of what a cluster keeps, and the images of its machines.

Usage:
  typernetes store snapshot FILE [--kubeconfig FILE]      a copy of a running API server's store, as an administrator
  typernetes store restore FILE [--storage-path FILE] [--bump-revision N]   before the API server starts; clients list again
  typernetes store status [FILE] [--kubeconfig FILE]      of a snapshot, or of a running API server's store
  typernetes images load FILE [--address SOCKET]          into the containerd of this machine
`;

async function run([command, verb, ...rest]: readonly string[], all: readonly string[]): Promise<number> {
  if (command === undefined || command === 'help' || all.includes('--help') || all.includes('-h')) {
    process.stdout.write(usage);
    return 0;
  }
  if (command === 'store') return await storeCommand(all.slice(1));
  if (command === 'images' && verb === 'load') return await loadImagesCommand(rest);
  throw new FlagError(`Unknown command "${command === 'images' ? `images ${verb ?? ''}` : command}"`);
}

// No await at the top: the bundle is CommonJS.
const args = process.argv.slice(2);
void run(args, args).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const wrong = error instanceof FlagError;
    process.stderr.write(`typernetes: ${messagesOf(error)}\n${wrong ? `\n${usage}` : ''}`);
    process.exitCode = wrong ? 2 : 1;
  },
);
