import { readFileSync } from 'node:fs';

/** The cost of one series. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** User and system time of the server per request. */
  readonly cpuUs: number;
  /** The server's resident memory after the series. */
  readonly mib: number;
  /** The CPU time that others used meanwhile, in percent of both processors: figures are valid if it is small. */
  readonly others: number;
}

export interface Meter {
  /** Starts a measurement; the returned function ends it, given the duration of each request in milliseconds. */
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

/**
 * Measures a server of one or more processes, and prints a line for each series. `clients` are programs that send
 * requests in addition to this one.
 */
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

/** The CPU time that processes have used: unlike wall time, it does not grow with other load on the machine. */
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

/** Busy and total time of all processors so far, in milliseconds. */
function busyMs(): { busy: number; total: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = sum(ticks);
  return { busy: (total - (ticks[3] ?? 0) - (ticks[4] ?? 0)) * 10, total: total * 10 };
}
