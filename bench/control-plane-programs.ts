import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Transport } from '@typernetes/client';
import { freePort, makeServerPlace, startServer } from '../test/integration/server-program.ts';
import { compiledProgram } from './compiled-programs.ts';
import { startOriginal, startOriginalServer } from './original.ts';

export interface ControlPlanePrograms {
  /** Process ids by name. */
  readonly pids: Readonly<Record<'apiserver' | 'scheduler' | 'manager', number> & { etcd?: number }>;
  /** A kubeconfig of the administrator. */
  readonly kubeconfig: string;
  /** The directory of upstream's programs' logs: `kube-scheduler.log` and so on. */
  readonly folder: string;
  connect(): Transport;
  stop(): Promise<void>;
}

/** Flags, or a function that makes them once the directory with certificates, keys and the kubeconfig exists. */
type FlagsOf = readonly string[] | ((folder: string) => readonly string[]);

export interface ControlPlaneOptions {
  /** Flags of Node itself, for our programs. */
  readonly nodeFlags?: readonly string[];
  readonly serverFlags?: readonly string[];
  readonly managerFlags?: FlagsOf;
  readonly schedulerFlags?: FlagsOf;
  /** A directory of upstream's programs, to start those instead. */
  readonly peer?: string | undefined;
}

/**
 * Starts API server, scheduler and controller manager, over TLS on loopback: ours as machines start them, or upstream's
 * from the directory `peer`, with an etcd. The default rate limit of upstream's clients is lifted: otherwise the
 * benchmark would measure the limit instead of the server.
 */
export async function startControlPlanePrograms(options: ControlPlaneOptions = {}): Promise<ControlPlanePrograms> {
  const { nodeFlags = [], serverFlags = [], managerFlags = [], schedulerFlags = [], peer } = options;
  const place = await makeServerPlace();
  const startOurs = async () => {
    const program = await compiledProgram('kube-apiserver');
    const { pid, end } = await startServer(place, { nodeFlags, flags: serverFlags, program });
    return { pid, end: () => end('SIGTERM') };
  };
  const flagged = { ...place, flags: [...place.flags, ...serverFlags] };
  const server = peer === undefined ? await startOurs() : await startOriginalServer(flagged, peer);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const { ca, cert, key } = place.tls;
  const kubeconfig = join(place.folder, 'kubeconfig');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: place.server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: 'u', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(content));
  const flagsOf = (flags: FlagsOf): readonly string[] => (typeof flags === 'function' ? flags(place.folder) : flags);
  const start = async (program: 'kube-scheduler' | 'kube-controller-manager', flags: readonly string[]) => {
    const port = await freePort();
    const args = [`--kubeconfig=${kubeconfig}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, ...flags];
    if (peer !== undefined) {
      const limits = ['--kube-api-qps=5000', '--kube-api-burst=10000', '--port=0', `--cert-dir=${place.folder}`];
      const all = [...args, '--leader-elect=false', ...limits];
      return startOriginal(join(peer, program), join(place.folder, `${program}.log`), all);
    }
    return startProcess([...nodeFlags, await compiledProgram(program), '--leader-elect=false', ...args]);
  };
  const scheduler = await start('kube-scheduler', flagsOf(schedulerFlags));
  const manager = await start('kube-controller-manager', flagsOf(managerFlags));
  return {
    pids: {
      apiserver: server.pid,
      ...('etcdPid' in server ? { etcd: server.etcdPid } : {}),
      scheduler: scheduler.pid,
      manager: manager.pid,
    },
    kubeconfig,
    folder: place.folder,
    connect: () => place.connect(),
    stop: async () => {
      await Promise.all([scheduler.stop(), manager.stop()]);
      await server.end();
      place.remove();
    },
  };
}

/** Starts a Node process and shows its warnings and errors. */
export function startProcess(args: readonly string[]): { readonly pid: number; stop(): Promise<void> } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid: child.pid ?? 0,
    stop: () => {
      child.kill();
      return gone;
    },
  };
}

/** User and system time of a process, in milliseconds, with a resolution of 10 ms. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

/**
 * Starts measuring CPU time; the returned function ends it. Gives the time of some processes per each of `count`
 * things, and the machine's, in shares.
 */
export function processorShares(pids: Readonly<Record<string, number>>): (count: number) => {
  readonly msEach: Record<string, number>;
  readonly idle: number;
  /** The share of processes that are not ours. */
  readonly others: number;
} {
  const before = { own: timesOf(pids), machine: machineMs() };
  return (count) => {
    const after = { own: timesOf(pids), machine: machineMs() };
    const spent = (name: string): number => (after.own[name] ?? 0) - (before.own[name] ?? 0);
    const names = Object.keys(pids);
    const total = after.machine.total - before.machine.total;
    const idle = after.machine.idle - before.machine.idle;
    const own = names.reduce((sum, name) => sum + spent(name), 0);
    return {
      msEach: Object.fromEntries(names.map((name) => [name, Number((spent(name) / count).toFixed(3))])),
      idle: Number((idle / total).toFixed(2)),
      others: Number((Math.max(0, total - idle - own) / total).toFixed(2)),
    };
  };
}

const timesOf = (pids: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processorMs(pid)]));

/** Times of all processors since boot. */
function machineMs(): { readonly idle: number; readonly total: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const sum = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((all, one = 0) => all + one, 0) * 10;
  return { idle: sum([ticks[3], ticks[4]]), total: sum(ticks) };
}
