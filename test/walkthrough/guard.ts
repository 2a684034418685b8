/**
 * Reads a home from standard input and, when that closes, removes everything of it. The test holds the other end, so
 * that however the test ends (well, failed, interrupted, killed) nothing of it stays on this host. The home is not an
 * argument: it would count as a trace.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { codeOf, systemClock } from '@typernetes/base';
import { deleteCluster, deleteMachine, listClusters, listMachines } from '@typernetes/machine';

let home = '';
for await (const text of process.stdin.setEncoding('utf8')) home += text;

// Processes started by the test have the home in their environment. They must not create again what is removed here.
for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    if (environment.includes(`TYPERNETES_HOME=${home}`)) process.kill(Number(pid), 'SIGKILL');
  } catch (error) {
    // It ended meanwhile, or it belongs to somebody else.
    if (!['ENOENT', 'ESRCH', 'EACCES'].includes(codeOf(error) ?? '')) throw error;
  }
}

const context = {
  installation: { home, programs: '', commands: [], images: [], registryImages: [], pauseImage: '' },
  clock: systemClock,
  report: () => undefined,
};
for (const { name } of listClusters(context)) await deleteCluster(context, name);
for (const { name } of listMachines(context)) await deleteMachine(context, name);
// Others remove directories of deleted machines at the same time: what disappears during an attempt ends it early.
while (existsSync(home)) rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
