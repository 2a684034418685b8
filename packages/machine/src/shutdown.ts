import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { decodeDocument, parseDuration } from '@typernetes/process';
import { run } from './command.ts';
import type { MachineContext } from './machine-context.ts';
import { cgroupOf, type MachineRecord, machinePaths, runtimeOf } from './machine-state.ts';
import { isSameProcess } from './process-identity.ts';

/** SIGRTMIN+3 makes systemd, as the first process of a container, halt without asking its login manager. */
const haltSignal = 37;

/** The time for a machine to shut down in addition to that of its pods: 10 s for services, the rest for a busy host. */
const usualPatienceMs = 30_000;

/**
 * Shuts the machine down, and says so if that fails and it has to be ended by force. If systemd is its first process, `systemctl` does it inside: then the kubelet
 * is notified first and ends its pods, which a plain signal to systemd would skip.
 */
export async function shutDown(context: MachineContext, machine: MachineRecord): Promise<void> {
  const { init, name, systemd } = machine;
  if (!init) return;
  const { home } = context.installation;
  const { clock, report } = context;
  const asked = systemd
    ? await run([...runtimeOf(home), 'exec', name, 'systemctl', 'poweroff', '--no-wall']).then(
        () => true,
        (error: unknown) => {
          // It may be down before the answer arrives.
          if (isSameProcess(init)) report(`Halting machine "${name}": ${String(error)}`);
          return false;
        },
      )
    : false;
  if (!asked) signal(init.pid, systemd ? haltSignal : 'SIGTERM');
  const patienceMs = usualPatienceMs + podsMs(machinePaths(home, name).volumes['/var/lib/kubelet'] as string);
  const end = clock.monotonic() + patienceMs;
  while (isSameProcess(init) && clock.monotonic() < end) await clock.sleep(10);
  if (!isSameProcess(init)) return;
  const left = commandsIn(cgroupOf(home, name));
  report(`Machine "${name}" did not go down within ${patienceMs / 1000} s and is cut off, with ${left.join(', ')}`);
}

/** How long the kubelet may keep the machine up for its pods, by its configuration. */
export function podsMs(kubeletFolder: string): number {
  const file = join(kubeletFolder, 'config.yaml');
  if (!existsSync(file)) return 0;
  const { shutdownGracePeriod, shutdownGracePeriodByPodPriority } = (decodeDocument(readFileSync(file, 'utf8')) ??
    {}) as {
    shutdownGracePeriod?: string;
    shutdownGracePeriodByPodPriority?: readonly { shutdownGracePeriodSeconds?: number }[] | null;
  };
  const seconds = (shutdownGracePeriodByPodPriority ?? []).reduce(
    (sum, { shutdownGracePeriodSeconds = 0 }) => sum + shutdownGracePeriodSeconds,
    0,
  );
  return seconds > 0 ? seconds * 1000 : (parseDuration(shutdownGracePeriod ?? '0s') ?? 0);
}

function signal(pid: number, name: NodeJS.Signals | number): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** The processes of the machine, each as its first word and number. */
function commandsIn(cgroup: string): string[] {
  const tree = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids';
  const top = join(tree, cgroup);
  if (!existsSync(top)) return [];
  const groups = readdirSync(top, { recursive: true, withFileTypes: true }).filter(
    ({ name }) => name === 'cgroup.procs',
  );
  return groups.flatMap(({ parentPath, name }) =>
    readQuietly(join(parentPath, name))
      .split('\n')
      .filter(Boolean)
      .map((pid) => `${readQuietly(`/proc/${pid}/comm`).trim() || 'a process'} (${pid})`),
  );
}

/** Processes and control groups may disappear while they are read. */
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENODEV'].includes(codeOf(error) ?? '')) return '';
    throw error;
  }
}
