import { readdirSync, readFileSync } from 'node:fs';
import { buildSource, version } from '@typernetes/base';
import type { Metrics } from './metrics.ts';

/**
 * The metrics of every program: `process_*`, `kubernetes_build_info` and the number of metrics. `startedAt`:
 * milliseconds since the epoch.
 */
export function processMetrics(metrics: Metrics, startedAt: number): void {
  const own = (name: string, help: string) => metrics.gauge(name, { help, stability: '' });
  metrics
    .gauge('process_start_time_seconds', { help: 'Start time of the process since unix epoch in seconds.' })
    .set(startedAt / 1000);
  const cpu = metrics.counter('process_cpu_seconds_total', {
    help: 'Total user and system CPU time spent in seconds.',
    stability: '',
  });
  const resident = own('process_resident_memory_bytes', 'Resident memory size in bytes.');
  const files = own('process_open_fds', 'Number of open file descriptors.');
  const virtual = own('process_virtual_memory_bytes', 'Virtual memory size in bytes.');
  const limits = limitsOf(textOf('/proc/self/limits'));
  own('process_max_fds', 'Maximum number of open file descriptors.').set(limits('Max open files'));
  own('process_virtual_memory_max_bytes', 'Maximum amount of virtual memory available in bytes.').set(
    limits('Max address space'),
  );
  buildInfo(metrics);
  registeredMetrics(metrics);
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

/** As in `/version`: Node takes the place of upstream's Go version and compiler. */
function buildInfo(metrics: Metrics): void {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const facts = {
    build_date: buildSource.date,
    compiler: 'v8',
    git_commit: buildSource.commit,
    git_tree_state: buildSource.treeState,
    git_version: version,
    go_version: `node${process.versions.node}`,
    major,
    minor,
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
  metrics
    .gauge('kubernetes_build_info', {
      help: "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      stability: 'BETA',
      labels: Object.keys(facts),
    })
    .set(1, Object.values(facts));
}

function registeredMetrics(metrics: Metrics): void {
  const registered = metrics.counter('registered_metrics_total', {
    help: 'The count of registered metrics broken by stability level and deprecation version.',
    stability: 'BETA',
    labels: ['stability_level', 'deprecated_version'],
  });
  const disabled = metrics.counter('disabled_metrics_total', {
    help: 'The count of disabled metrics.',
    stability: 'BETA',
  });
  // Scrapers expect it: no metrics are hidden, since no release has hidden any yet.
  metrics.counter('hidden_metrics_total', { help: 'The count of hidden metrics.', stability: 'BETA' });
  let reported = 0;
  const counted = new Set<string>();
  metrics.beforeRender(() => {
    for (const { name, stability, deprecated } of metrics.describe()) {
      if (stability === '' || counted.has(name)) continue;
      counted.add(name);
      registered.add([stability, deprecated]);
    }
    disabled.add([], metrics.disabledCount() - reported);
    reported = metrics.disabledCount();
  });
}

/**
 * The soft limits of a process, from the kernel's text; "unlimited" is the largest number that upstream's type holds.
 */
export function limitsOf(text: string): (name: string) => number {
  return (name) => {
    const line = text.split('\n').find((one) => one.startsWith(name));
    const soft = line?.slice(name.length).trim().split(/\s+/)[0];
    return soft === 'unlimited' ? 2 ** 64 : Number(soft ?? 0);
  };
}

/** The 23rd field of a process' stat line; the second one, its name, may have blanks. */
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
