import { join } from 'node:path';
import { systemClock } from '@typernetes/base';
import type { ClusterContext } from '@typernetes/machine';
import { bareInstallation } from './home.ts';

/** Progress goes to standard error, results to standard output. */
export const report = (line: string): void => void process.stderr.write(`${line}\n`);

export const print = (text: string): void => void process.stdout.write(text);

const apiPortProgram = join(import.meta.dirname, 'api-port-proxy.ts');

/** The context for commands that inspect or delete machines and clusters. */
export const presentContext = (): ClusterContext => ({
  installation: bareInstallation(),
  clock: systemClock,
  report,
  apiPortProgram,
});

/**
 * The context for commands that create them: programs and images are brought up to date. The builders are loaded on
 * demand.
 */
export async function preparedContext(): Promise<ClusterContext> {
  const { prepareInstallation } = await import('./installation.ts');
  return { ...presentContext(), installation: await prepareInstallation(report) };
}
