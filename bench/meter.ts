import { readFileSync } from 'node:fs';

/** What one series cost. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** User and system time of the server for each request. */
  readonly cpuUs: number;
  /** The server's resident memory after it. */
  readonly mib: number;
  /** What of both processors others used meanwhile, in percent: figures count if it is little. */
  readonly others: number;
}

export interface Meter {
  /** Starts to measure; the result ends it and is told how long each request took, in milliseconds. */
  begin(series: string): (took: number[]) => Promise<Figures>;
}

const widths = { name: 30, figure: 11 };
const columns = ['per second', 'p50 ms', 'p99 ms', 'CPU µs', 'MiB', 'others %'];

export function printHeader(title: string): void {
  console.log(`${title.padEnd(widths.name)}${columns.map((one) => one.padStart(widths.figure)).join('')}`);
}

export function printFigures(name: string, figures: readonly (number | string)[]): void {
  console.log(`${name.padEnd(widths.name)}${figures.map((one) => String(one).padStart(widths.figure)).join('')}`);
}

/** Measures what a server does that is one or more processes, and prints each series as a line. `clients` are programs that ask it beside this one. */
export function meterOf(
  pids: readonly number[],
  options: { readonly ended?: (series: string, figures: Figures) => void; readonly clients?: readonly number[] } = {},
): Meter {
  const { ended, clients = [] } = options;
  return {
    begin: (series) => {
      const [from, cpu, all] = [performance.now(), cpuMsOf(pids), busyMs()];
      const asking = cpuMsOf(clients);
      const own = process.cpuUsage();
      return async (took) => {
        const ms = performance.now() - from;
        const used = cpuMsOf(pids) - cpu;
        const { user, system } = process.cpuUsage(own);
        const now = busyMs();
        const others = now.busy - all.busy - used - (user + system) / 1000 - (cpuMsOf(clients) - asking);
        took.sort((a, b) => a - b);
        const at = (share: number): number => Math.round((took[Math.floor(took.length * share)] ?? 0) * 10) / 10;
        const figures: Figures = {
          perSecond: Math.round((took.length * 1000) / ms),
          p50: at(0.5),
          p99: at(0.99),
          cpuUs: Math.round((used * 1000) / took.length),
          mib: mibOf(pids),
          others: Math.max(0, Math.round((100 * others) / Math.max(now.total - all.total, 1))),
        };
        printFigures(series, Object.values(figures));
        ended?.(series, figures);
        return figures;
      };
    },
  };
}

/** What processes have used of the processors: unlike times, it does not grow with what else the machine does. */
export function cpuMsOf(pids: readonly number[]): number {
  return sum(
    pids.map((pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * 10;
    }),
  );
}

export function mibOf(pids: readonly number[]): number {
  const kib = pids.map((pid) => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return Math.round(sum(kib.map(Number)) / 1024);
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** What all processors have done so far, in milliseconds. */
function busyMs(): { busy: number; total: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = sum(ticks);
  return { busy: (total - (ticks[3] ?? 0) - (ticks[4] ?? 0)) * 10, total: total * 10 };
}
