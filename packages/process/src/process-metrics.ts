import { readdirSync, readFileSync } from 'node:fs';
import { version } from '@typernetes/base';
import type { Metrics } from './metrics.ts';

/** What every program says of itself: `process_*` and `kubernetes_build_info`. `startedAt`: milliseconds since the epoch. */
export function processMetrics(metrics: Metrics, startedAt: number): void {
  const started = metrics.gauge('process_start_time_seconds', {
    help: 'Start time of the process since unix epoch in seconds.',
  });
  started.set(startedAt / 1000);
  const cpu = metrics.counter('process_cpu_seconds_total', {
    help: 'Total user and system CPU time spent in seconds.',
  });
  const resident = metrics.gauge('process_resident_memory_bytes', { help: 'Resident memory size in bytes.' });
  const files = metrics.gauge('process_open_fds', { help: 'Number of open file descriptors.' });
  const virtual = metrics.gauge('process_virtual_memory_bytes', { help: 'Virtual memory size in bytes.' });
  const limits = limitsOf(textOf('/proc/self/limits'));
  metrics.gauge('process_max_fds', { help: 'Maximum number of open file descriptors.' }).set(limits('Max open files'));
  metrics
    .gauge('process_virtual_memory_max_bytes', { help: 'Maximum amount of virtual memory available in bytes.' })
    .set(limits('Max address space'));
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  metrics
    .gauge('kubernetes_build_info', {
      help: 'A metric with a constant 1 value labeled by major, minor, git version, platform and the version of the runtime it was built on.',
      labels: ['git_version', 'major', 'minor', 'node_version', 'platform'],
    })
    .set(1, [version, major, minor, process.version, `${process.platform}/${process.arch}`]);
  let counted = 0;
  metrics.beforeRender(() => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    cpu.add([], seconds - counted);
    counted = seconds;
    resident.set(process.memoryUsage.rss());
    files.set(openFiles());
    virtual.set(virtualBytes(textOf('/proc/self/stat')));
  });
}

/** The soft limits of a process, from the text that the kernel has of them; what has none is as large as a number of upstream's can be. */
export function limitsOf(text: string): (name: string) => number {
  return (name) => {
    const line = text.split('\n').find((one) => one.startsWith(name));
    const soft = line?.slice(name.length).trim().split(/\s+/)[0];
    return soft === 'unlimited' ? 2 ** 64 : Number(soft ?? 0);
  };
}

/** The 23rd field of a process' stat line; its name, which may have blanks, is the second one. */
export function virtualBytes(stat: string): number {
  const [, ...fields] = stat.slice(stat.lastIndexOf(')') + 1).split(' ');
  return Number(fields[20] ?? 0);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // not on Linux
  }
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0; // not on Linux
  }
}
