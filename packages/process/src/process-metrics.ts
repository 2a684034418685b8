import { readdirSync } from 'node:fs';
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
  });
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0; // not on Linux
  }
}
