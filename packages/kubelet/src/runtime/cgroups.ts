import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { codeOf } from '@typernetes/base';
import { textIn } from '../files.ts';
import { qosOf } from '../pod/qos.ts';
import { type CgroupResources, podResources, requestedMilliCpu, sharesOf } from '../pod/resources.ts';
import { type GroupUsage, readGroupUsage } from './group-usage.ts';

/** How this machine's control groups are laid out. */
export type CgroupLayout =
  | { readonly version: 2; readonly root: string }
  | {
      readonly version: 1;
      /** One directory for each hierarchy, those without controllers too: the runtime makes groups in all of them. */
      readonly roots: readonly string[];
    };

/** Reads the layout from what is mounted below `mountPoint`. A cgroup2 mounted beside version 1 hierarchies is left alone. */
export async function detectCgroups(mounts = '/proc/self/mounts'): Promise<CgroupLayout> {
  const roots: string[] = [];
  let unified: string | undefined;
  let controlled = false;
  for (const line of (await readFile(mounts, 'utf8')).split('\n')) {
    const [, path, type, options = ''] = line.split(' ');
    if (!path?.startsWith('/sys/fs/cgroup')) continue;
    if (type === 'cgroup2') unified = path;
    else if (type === 'cgroup') {
      roots.push(path);
      controlled ||= !options.includes('name=');
    }
  }
  if (!controlled && unified !== undefined) return { version: 2, root: unified };
  return { version: 1, roots };
}

/** `/kubepods/burstable/pod<uid>`; Guaranteed pods lie directly below kubepods. */
export function podCgroup(pod: Pod, root: string): string {
  const qos = qosOf(pod);
  const parent = qos === 'Guaranteed' ? '/kubepods' : `/kubepods/${qos.toLowerCase()}`;
  return `${root === '/' ? '' : root}${parent}/pod${pod.metadata.uid}`;
}

/** The same place in systemd's notation: `kubepods-burstable-pod<uid>.slice`, dashes in the uid as underscores. */
export function systemdSlice(cgroup: string): string {
  const parts = cgroup
    .split('/')
    .filter(Boolean)
    .map((part) => part.replaceAll('-', '_'));
  return `${parts.join('-')}.slice`;
}

/** `/kubepods.slice/kubepods-burstable.slice`: each slice lies in the one that its name begins with. */
function slicePath(slice: string): string {
  const parts = slice.replace(/\.slice$/, '').split('-');
  return parts.map((_part, at) => `/${parts.slice(0, at + 1).join('-')}.slice`).join('');
}

export interface CgroupSettings {
  readonly root: string;
  readonly driver: 'cgroupfs' | 'systemd';
  /** What quotas are measured over, in microseconds; without one there are none. */
  readonly cfsPeriod: number | undefined;
  /** How many processes a pod may have; without it as many as it likes. */
  readonly podPids?: number;
}

/** Makes and removes the control groups of pods. With systemd as driver, the runtime makes them. */
export class Cgroups {
  readonly #layout: CgroupLayout;
  readonly #settings: CgroupSettings;

  constructor(layout: CgroupLayout, settings: CgroupSettings) {
    this.#layout = layout;
    this.#settings = settings;
  }

  /** What the runtime is told as the parent of the pod's sandbox. */
  parentOf(pod: Pod): string {
    const path = podCgroup(pod, this.#settings.root);
    return this.#settings.driver === 'systemd' ? systemdSlice(path) : path;
  }

  /** Makes the pod's group, with its limits. Idempotent. */
  async create(pod: Pod): Promise<void> {
    if (this.#settings.driver === 'systemd') return;
    await this.#write(podCgroup(pod, this.#settings.root), {
      ...podResources(pod, this.#settings.cfsPeriod),
      pids: this.#settings.podPids,
    });
  }

  /** Gives the pod's group other limits. */
  async resize(pod: Pod, resources: CgroupResources): Promise<void> {
    if (this.#settings.driver === 'systemd') return;
    await this.#write(podCgroup(pod, this.#settings.root), resources);
  }

  /** Makes a group with these limits where it is missing. */
  async #write(path: string, resources: GroupLimits): Promise<void> {
    if (this.#layout.version === 2) return writeV2(this.#layout.root, path, resources);
    // The runtime makes the groups of the other controllers together with the containers'.
    await Promise.all(
      this.#limitingRoots(resources).map((root) => writeV1(`${root}${path}`, controllersOf(root), resources)),
    );
  }

  /** Removes the pod's group once its containers are gone. Idempotent. */
  async remove(pod: Pod): Promise<void> {
    if (this.#settings.driver === 'systemd') return;
    const path = podCgroup(pod, this.#settings.root);
    await Promise.all(this.#roots.map((root) => removeGroup(`${root}${path}`)));
  }

  /** How many processes the pod has, threads included as the kernel counts them; undefined where the machine does not tell. */
  async processesOf(pod: Pod): Promise<number | undefined> {
    if (this.#settings.driver === 'systemd') return undefined;
    const root = this.#roots.find((one) => this.#layout.version === 2 || controllersOf(one).includes('pids'));
    if (root === undefined) return undefined;
    const text = await textIn(`${root}${podCgroup(pod, this.#settings.root)}/pids.current`);
    return text === undefined ? undefined : Number(text);
  }

  /** Where the runtime puts the group of one of the pod's containers, from the root of the hierarchy. */
  containerGroup(pod: Pod, id: string): string {
    const path = podCgroup(pod, this.#settings.root);
    return this.#settings.driver === 'systemd'
      ? `${slicePath(systemdSlice(path))}/cri-containerd-${id}.scope`
      : `${path}/${id}`;
  }

  /** What the kernel counts of one of the pod's containers; undefined when it has gone. */
  usageOf(pod: Pod, id: string): Promise<GroupUsage | undefined> {
    return readGroupUsage(this.#layout, this.containerGroup(pod, id));
  }

  /** The uids of pods that have a group in any hierarchy. */
  async podUids(): Promise<ReadonlySet<string>> {
    const names = await Promise.all(this.#podParents().map(subgroups));
    return new Set(names.flat().flatMap((name) => (name.startsWith('pod') ? [name.slice(3)] : [])));
  }

  /** Removes the group of a pod of which nothing but the uid is known. */
  async removeUid(uid: string): Promise<void> {
    if (this.#settings.driver === 'systemd') return;
    await Promise.all(this.#podParents().map((parent) => removeGroup(`${parent}/pod${uid}`)));
  }

  /**
   * Shares the machine out between pods as a whole and the rest of it, and between the classes of pods: Guaranteed ones compete with
   * Burstable ones together by what all of these request, and BestEffort ones get what is left.
   */
  async shareOut(pods: readonly Pod[], allocatable: { milliCpu: number; memoryBytes?: number }): Promise<void> {
    if (this.#settings.driver === 'systemd') return;
    const burstable = pods
      .filter((pod) => qosOf(pod) === 'Burstable')
      .reduce((sum, pod) => sum + requestedMilliCpu(pod), 0);
    const shares = {
      '': sharesOf(allocatable.milliCpu),
      '/burstable': sharesOf(burstable),
      '/besteffort': sharesOf(0),
    };
    for (const [part, cpuShares] of Object.entries(shares))
      await this.#write(`${this.#prefix}/kubepods${part}`, {
        cpuShares,
        ...(part === '' && allocatable.memoryBytes !== undefined ? { memoryLimit: allocatable.memoryBytes } : {}),
      });
  }

  /**
   * Limits a group that is there already to what is reserved for it: processor time alone, or memory and processes too. Throws, as upstream does,
   * where there is no such group.
   */
  async limitReserved(group: string, { kind, resources }: ReservedLimits): Promise<void> {
    const path = `/${group.replace(/^\//, '')}`;
    const roots = this.#layout.version === 2 ? [this.#layout.root] : this.#limitingRoots(resources);
    const missing = roots.find((root) => !existsSync(`${root}${path}`));
    if (roots.length === 0 || missing !== undefined)
      throw new Error(
        `failed to enforce ${kind} Reserved Cgroup Limits on "${group}": ["${path.slice(1)}"] cgroup does not exist`,
      );
    await this.#write(path, resources);
  }

  #limitingRoots(resources: GroupLimits): readonly string[] {
    return this.#layout.version === 2
      ? []
      : this.#layout.roots.filter((root) =>
          controllersOf(root).some((name) => limits.has(name) && (name !== 'pids' || resources.pids !== undefined)),
        );
  }

  get #roots(): readonly string[] {
    return this.#layout.version === 2 ? [this.#layout.root] : this.#layout.roots;
  }

  get #prefix(): string {
    return this.#settings.root === '/' ? '' : this.#settings.root;
  }

  #podParents(): readonly string[] {
    const parents = ['/kubepods', '/kubepods/burstable', '/kubepods/besteffort'];
    return this.#roots.flatMap((root) => parents.map((parent) => `${root}${this.#prefix}${parent}`));
  }
}

/** The controllers whose groups are given limits. */
const limits: ReadonlySet<string> = new Set(['cpu', 'memory', 'pids']);

interface GroupLimits extends CgroupResources {
  readonly pids?: number | undefined;
}

export interface ReservedLimits {
  readonly kind: 'System' | 'Kube';
  readonly resources: GroupLimits;
}

function controllersOf(root: string): readonly string[] {
  return root.slice(root.lastIndexOf('/') + 1).split(',');
}

async function writeV1(group: string, controllers: readonly string[], resources: GroupLimits): Promise<void> {
  await mkdir(group, { recursive: true });
  if (controllers.includes('cpu')) {
    await writeFile(`${group}/cpu.shares`, String(resources.cpuShares));
    if (resources.cpuQuota !== undefined) {
      await writeFile(`${group}/cpu.cfs_period_us`, String(resources.cpuPeriod));
      await writeFile(`${group}/cpu.cfs_quota_us`, String(resources.cpuQuota));
    }
  }
  if (controllers.includes('memory') && resources.memoryLimit !== undefined)
    await writeFile(`${group}/memory.limit_in_bytes`, String(resources.memoryLimit));
  if (controllers.includes('pids') && resources.pids !== undefined)
    await writeFile(`${group}/pids.max`, String(resources.pids));
}

async function writeV2(root: string, path: string, resources: GroupLimits): Promise<void> {
  const wanted = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb'];
  let at = root;
  for (const part of path.split('/').filter(Boolean)) {
    const available = (await readFile(`${at}/cgroup.controllers`, 'utf8')).trim().split(' ');
    const delegated = available.filter((controller) => wanted.includes(controller)).map((c) => `+${c}`);
    if (delegated.length > 0) await writeFile(`${at}/cgroup.subtree_control`, delegated.join(' '));
    at = `${at}/${part}`;
    await mkdir(at, { recursive: true });
  }
  // The kernel's weight has another range than shares: 2..262144 maps to 1..10000, as the runtimes do.
  const weight = 1 + Math.floor(((resources.cpuShares - 2) * 9999) / 262_142);
  await writeFile(`${at}/cpu.weight`, String(weight));
  if (resources.cpuQuota !== undefined)
    await writeFile(`${at}/cpu.max`, `${resources.cpuQuota} ${resources.cpuPeriod}`);
  if (resources.memoryLimit !== undefined) await writeFile(`${at}/memory.max`, String(resources.memoryLimit));
  if (resources.pids !== undefined) await writeFile(`${at}/pids.max`, String(resources.pids));
}

async function subgroups(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function removeGroup(path: string): Promise<void> {
  try {
    for (const entry of await readdir(path, { withFileTypes: true }))
      if (entry.isDirectory()) await removeGroup(`${path}/${entry.name}`);
    await rmdir(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
