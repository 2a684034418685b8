/**
 * Reads a home from standard input and, once that ends, removes everything of it. The test holds the other end, so however the test ends
 * (well, failed, interrupted, killed) nothing of it stays on this host. The home is no argument: it would count as a trace.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { codeOf, systemClock } from '@typernetes/base';
import { deleteCluster, deleteMachine, listClusters, listMachines } from '@typernetes/machine';

let home = '';
for await (const text of process.stdin.setEncoding('utf8')) home += text;

// What the test started knows its home by its environment. It must not go on making what is removed here.
for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    if (environment.includes(`TYPERNETES_HOME=${home}`)) process.kill(Number(pid), 'SIGKILL');
  } catch (error) {
    // It ended while we looked, or it belongs to somebody else.
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
// The folders of deleted machines are being removed as well, by others: what vanishes under our hands ends an attempt early.
while (existsSync(home)) rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
