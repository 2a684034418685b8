import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { instanceName } from '@typernetes/machine';

/** What an installation may leave on its host, as lists of names: after its deletion, all lists should be empty. */
export interface HostTraces {
  readonly mounts: readonly string[];
  readonly networkNamespaces: readonly string[];
  readonly cgroups: readonly string[];
  readonly processes: readonly string[];
  readonly machineFolders: readonly string[];
  readonly trash: readonly string[];
  readonly runtimeStates: readonly string[];
}

/** Finds everything on the host that belongs to the installation. */
export function tracesOf(home: string): HostTraces {
  const instance = instanceName(home);
  const marked = (text: string): boolean => text.includes(home) || text.includes(instance);
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(marked),
    networkNamespaces: list('/run/netns').filter((name) => name === instance),
    cgroups: globSync(`/sys/fs/cgroup/{.,*}/typernetes/${instance}`),
    processes: processes().filter(marked),
    machineFolders: list(`${home}/machines`),
    trash: list(`${home}/trash`),
    runtimeStates: list(`${home}/runc`),
  };
}

export const noTraces: HostTraces = {
  mounts: [],
  networkNamespaces: [],
  cgroups: [],
  processes: [],
  machineFolders: [],
  trash: [],
  runtimeStates: [],
};

/** The part of the host that machines must never change: its links, addresses, routes and packet rules. */
export function hostNetwork(): string {
  const output = (file: string, ...args: string[]): string => execFileSync(file, args, { encoding: 'utf8' });
  return [
    output('ip', '-o', 'link').replace(/ state \S+.*/g, ''),
    output('ip', '-o', 'address').replace(/valid_lft.*/g, ''),
    output('ip', 'route'),
    output('nft', 'list', 'ruleset'),
    readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
  ].join('\n');
}

const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** The command line, root and cgroup of every other process, as one text each. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [
          `${pid} ${command} ${readlinkSync(`/proc/${pid}/root`)} ${readFileSync(`/proc/${pid}/cgroup`, 'utf8')}`,
        ];
      } catch {
        return []; // The process ended meanwhile.
      }
    });
}
