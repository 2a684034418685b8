import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, codeOf } from '@typernetes/base';

const root = '/sys/fs/cgroup';
/** On a busy host the kernel takes seconds to end killed processes, since it frees memory and network first. */
const patienceMs = 30_000;

/** The roots of the cgroup trees: one for each controller with v1, a single one with v2. */
function hierarchies(): string[] {
  if (existsSync(join(root, 'cgroup.controllers'))) return [root];
  return readdirSync(root)
    .map((name) => join(root, name))
    .filter((path) => existsSync(join(path, 'cgroup.procs')));
}

/** Kills every process in the group and those below it, and removes the groups from all trees. */
export async function removeCgroup(path: string, clock: Clock): Promise<void> {
  for (const tree of hierarchies()) {
    const top = join(tree, path);
    const patience = clock.monotonic() + patienceMs;
    while (existsSync(top)) {
      if (clock.monotonic() > patience) throw new Error(`Cannot remove cgroup "${top}": it stays in use`);
      for (const group of groupsBelow(top)) {
        for (const pid of processesOf(group)) killQuietly(pid);
        removeQuietly(group);
      }
      if (existsSync(top)) await clock.sleep(10);
    }
  }
}

/** Removes the group where it is empty. */
export function removeEmptyCgroup(path: string): void {
  for (const tree of hierarchies()) removeQuietly(join(tree, path));
}

/** The group and all groups below it, deepest first. */
function groupsBelow(path: string): string[] {
  try {
    const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...children.flatMap((entry) => groupsBelow(join(path, entry.name))), path];
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function processesOf(group: string): number[] {
  try {
    return readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENODEV') return [];
    throw error;
  }
}

/** A process may end, and a group may still be emptied by the kernel, while we look. */
function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

function removeQuietly(group: string): void {
  try {
    rmdirSync(group);
  } catch (error) {
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(codeOf(error) ?? '')) throw error;
  }
}
