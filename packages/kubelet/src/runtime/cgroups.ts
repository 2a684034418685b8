import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import type { Pod } from '@typernetes/api/core/v1';
import { codeOf } from '@typernetes/base';
import { textIn } from '../files/read-files.ts';
import { qosOf } from '../pod/qos.ts';
import { type CgroupResources, podResources, requestedMilliCpu, sharesOf } from '../pod/resources.ts';
import type { CgroupLayout } from './cgroup-layout.ts';
import { type GroupLimits, type GroupWrite, groupWrites } from './group-limits.ts';
import { readGroupSwap, type SwapUsage } from './group-swap.ts';
import { type GroupTotal, ownGroup, readGroupTotal } from './group-total.ts';
import { type GroupUsage, readGroupUsage } from './group-usage.ts';
import { SystemdSlices } from './systemd-slices.ts';

/**
 * Detects the layout from what is mounted below `mountPoint`. Ignores a cgroup2 mounted beside version 1 hierarchies.
 */
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

/** `/kubepods/burstable/pod<uid>`; Guaranteed pods are directly below kubepods. */
function podCgroup(pod: Pod, root: string): string {
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

/** `/kubepods.slice/kubepods-burstable.slice`: each slice lies in the one named by its prefix. */
function slicePath(slice: string): string {
  const parts = slice.replace(/\.slice$/, '').split('-');
  return parts.map((_part, at) => `/${parts.slice(0, at + 1).join('-')}.slice`).join('');
}

interface CgroupSettings {
  readonly root: string;
  readonly driver: 'cgroupfs' | 'systemd';
  /** The period of CPU quotas in microseconds; without it there are no quotas. */
  readonly cfsPeriod: number | undefined;
  /** The maximum number of processes of a pod; default: unlimited. */
  readonly podPids?: number;
  /** Sizes of huge pages that the machine has, in bytes. */
  readonly pageSizes?: readonly number[];
  /** The calls that configure systemd; default: its own programs. */
  readonly slices?: SystemdSlices;
}

/** The limits of all pods together. Without `memoryBytes` or `pids` that resource is unlimited. */
export interface PodsShare {
  readonly milliCpu: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
}

/** Creates and removes the cgroups of pods. With the systemd driver, they are systemd slices. */
export class Cgroups {
  readonly #layout: CgroupLayout;
  readonly #settings: CgroupSettings;
  /** Set with the systemd driver. */
  readonly #slices: SystemdSlices | undefined;

  constructor(layout: CgroupLayout, settings: CgroupSettings) {
    this.#layout = layout;
    this.#settings = settings;
    if (settings.driver === 'systemd') this.#slices = settings.slices ?? new SystemdSlices(layout.version);
  }

  /** The cgroup parent of the pod's sandbox, in the runtime's format. */
  parentOf(pod: Pod): string {
    const group = podCgroup(pod, this.#settings.root);
    return this.#slices ? systemdSlice(group) : group;
  }

  /** Makes the pod's group, with its limits. Idempotent. */
  async create(pod: Pod): Promise<void> {
    await this.#set(podCgroup(pod, this.#settings.root), this.#limitsOf(podResources(pod, this.#settings.cfsPeriod)));
  }

  /** Gives the pod's group other limits. */
  async resize(pod: Pod, resources: CgroupResources): Promise<void> {
    await this.#set(podCgroup(pod, this.#settings.root), this.#limitsOf(resources));
  }

  /** Removes the pod's cgroup once its containers are gone. Idempotent. */
  async remove(pod: Pod): Promise<void> {
    await this.#remove(podCgroup(pod, this.#settings.root));
  }

  /** The number of processes and threads of the pod; undefined if the machine cannot say. */
  async processesOf(pod: Pod): Promise<number | undefined> {
    const root = this.#roots.find((one) => this.#layout.version === 2 || controllersOf(one).includes('pids'));
    if (root === undefined) return undefined;
    const text = await textIn(`${root}${this.#pathOf(podCgroup(pod, this.#settings.root))}/pids.current`);
    return text === undefined ? undefined : Number(text);
  }

  /** The path of a container's cgroup, from the root of the hierarchy. */
  containerGroup(pod: Pod, id: string): string {
    const path = this.#pathOf(podCgroup(pod, this.#settings.root));
    return this.#slices ? `${path}/cri-containerd-${id}.scope` : `${path}/${id}`;
  }

  /** The kernel's statistics on one of the pod's containers; undefined when it is gone. */
  usageOf(pod: Pod, id: string): Promise<GroupUsage | undefined> {
    return readGroupUsage(this.#layout, this.containerGroup(pod, id));
  }

  /** The same of what it has swapped out alone. */
  swapOf(pod: Pod, id: string): Promise<SwapUsage | undefined> {
    return readGroupSwap(this.#layout, this.containerGroup(pod, id));
  }

  /** The usage of all pods together; undefined before their cgroup exists. */
  podsTotal(): Promise<GroupTotal | undefined> {
    const { root } = this.#settings;
    return readGroupTotal(this.#layout, this.#pathOf(`${root === '/' ? '' : root}/kubepods`));
  }

  /** The same of the kubelet's own group; undefined where it has none to itself. */
  async ownTotal(): Promise<GroupTotal | undefined> {
    const own = ownGroup((await textIn('/proc/self/cgroup')) ?? '', this.#layout.version);
    return own === undefined ? undefined : readGroupTotal(this.#layout, own);
  }

  /** The uids of pods that have a group in any hierarchy. */
  async podUids(): Promise<ReadonlySet<string>> {
    const found = this.#podParents.flatMap((parent) =>
      this.#roots.map(async (root) => (await subgroups(`${root}${this.#pathOf(parent)}`)).flatMap(uidOf)),
    );
    return new Set((await Promise.all(found)).flat());
  }

  /** Removes the cgroup of a pod of which only the uid is known. */
  async removeUid(uid: string): Promise<void> {
    const groups = this.#podParents.map((parent) => `${parent}/pod${uid}`);
    const there = groups.filter((group) => this.#roots.some((root) => existsSync(`${root}${this.#pathOf(group)}`)));
    await Promise.all(there.map((group) => this.#remove(group)));
  }

  /**
   * Divides the machine between pods and the rest, and between the QoS classes: Guaranteed pods compete with the
   * Burstable ones as a group, in proportion to their requests, and BestEffort pods get what is left. Huge pages are
   * limited per pod only.
   */
  async shareOut(pods: readonly Pod[], { milliCpu, memoryBytes, pids }: PodsShare): Promise<void> {
    const burstable = pods
      .filter((pod) => qosOf(pod) === 'Burstable')
      .reduce((sum, pod) => sum + requestedMilliCpu(pod), 0);
    const all = {
      cpuShares: sharesOf(milliCpu),
      ...(memoryBytes === undefined ? {} : { memoryLimit: memoryBytes }),
      pids,
    };
    const limits: Readonly<Record<string, GroupLimits>> = {
      '': all,
      '/burstable': { cpuShares: sharesOf(burstable) },
      '/besteffort': { cpuShares: sharesOf(0) },
    };
    for (const [part, own] of Object.entries(limits))
      await this.#set(`${this.#prefix}/kubepods${part}`, { ...own, hugepages: 'unbounded' });
  }

  /**
   * Limits an existing cgroup to its reservation: CPU only, or memory and processes too. As upstream, throws if there
   * is no such cgroup.
   */
  async limitReserved(group: string, { kind, resources }: ReservedLimits): Promise<void> {
    const path = `/${group.replace(/^\//, '')}`;
    const roots = this.#layout.version === 2 ? [this.#layout.root] : this.#limitingRoots(resources);
    const missing = roots.find((root) => !existsSync(`${root}${path}`));
    if (roots.length === 0 || missing !== undefined)
      throw new Error(
        `failed to enforce ${kind} Reserved Cgroup Limits on "${group}": ["${path.slice(1)}"] cgroup does not exist`,
      );
    await this.#slices?.limit(basename(path), resources);
    await this.#write(path, resources);
  }

  #limitsOf(resources: CgroupResources): GroupLimits {
    return { ...resources, hugepages: resources.hugepages ?? [], pids: this.#settings.podPids };
  }

  /** Makes a group with these limits where it is missing. */
  async #set(group: string, limits: GroupLimits): Promise<void> {
    await this.#slices?.set(systemdSlice(group), limits);
    await this.#write(this.#pathOf(group), limits);
  }

  async #write(path: string, limits: GroupLimits): Promise<void> {
    const { pageSizes = [] } = this.#settings;
    if (this.#layout.version === 2) {
      const controllers = await delegate(this.#layout.root, path);
      const writes = groupWrites({ version: 2, controllers, pageSizes }, limits);
      return writeAll(`${this.#layout.root}${path}`, writes);
    }
    // The runtime makes the groups of the other controllers together with the containers'.
    await Promise.all(
      this.#limitingRoots(limits).map(async (root) => {
        await mkdir(`${root}${path}`, { recursive: true });
        const kernel = { version: 1, controllers: controllersOf(root), pageSizes } as const;
        await writeAll(`${root}${path}`, groupWrites(kernel, limits));
      }),
    );
  }

  async #remove(group: string): Promise<void> {
    const paths = this.#roots.map((root) => `${root}${this.#pathOf(group)}`).filter((path) => existsSync(path));
    if (paths.length === 0) return;
    await this.#slices?.remove(systemdSlice(group));
    await Promise.all(paths.map(removeGroup));
  }

  /** The path of a cgroup, from the root of the hierarchy. */
  #pathOf(group: string): string {
    return this.#slices ? slicePath(systemdSlice(group)) : group;
  }

  #limitingRoots(limits: GroupLimits): readonly string[] {
    const { pageSizes = [] } = this.#settings;
    return this.#layout.version === 2
      ? []
      : this.#layout.roots.filter(
          (root) => groupWrites({ version: 1, controllers: controllersOf(root), pageSizes }, limits).length > 0,
        );
  }

  get #roots(): readonly string[] {
    return this.#layout.version === 2 ? [this.#layout.root] : this.#layout.roots;
  }

  get #prefix(): string {
    return this.#settings.root === '/' ? '' : this.#settings.root;
  }

  /** The parent cgroups of pods' cgroups. */
  get #podParents(): readonly string[] {
    return ['', '/burstable', '/besteffort'].map((part) => `${this.#prefix}/kubepods${part}`);
  }
}

export interface ReservedLimits {
  readonly kind: 'System' | 'Kube';
  readonly resources: GroupLimits;
}

function controllersOf(root: string): readonly string[] {
  return root.slice(root.lastIndexOf('/') + 1).split(',');
}

/** `pod<uid>`, or `kubepods-burstable-pod<uid>.slice` with underscores for dashes. */
function uidOf(name: string): readonly string[] {
  const slice = /^(?:.*-)?pod([^-]+)\.slice$/.exec(name)?.[1];
  if (slice !== undefined) return [slice.replaceAll('_', '-')];
  return name.startsWith('pod') ? [name.slice(3)] : [];
}

const delegated: ReadonlySet<string> = new Set(['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb']);

/** Makes a group of version 2, every controller handed down to it. Returns the controllers that it has. */
async function delegate(root: string, path: string): Promise<readonly string[]> {
  const available = async (at: string): Promise<readonly string[]> =>
    (await readFile(`${at}/cgroup.controllers`, 'utf8'))
      .trim()
      .split(' ')
      .filter((controller) => delegated.has(controller));
  let at = root;
  let controllers = await available(at);
  for (const part of path.split('/').filter(Boolean)) {
    const wanted = controllers.map((controller) => `+${controller}`);
    if (wanted.length > 0) await writeFile(`${at}/cgroup.subtree_control`, wanted.join(' '));
    at = `${at}/${part}`;
    await mkdir(at, { recursive: true });
    controllers = await available(at);
  }
  return controllers;
}

async function writeAll(group: string, writes: readonly GroupWrite[]): Promise<void> {
  for (const { file, value, optional } of writes)
    if (!optional || existsSync(`${group}/${file}`)) await writeFile(`${group}/${file}`, value);
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

/**
 * Removes a cgroup and those below it. Kills what still runs there: it belongs to an ended pod, and will be gone at the
 * next attempt.
 */
async function removeGroup(path: string): Promise<void> {
  try {
    for (const entry of await readdir(path, { withFileTypes: true }))
      if (entry.isDirectory()) await removeGroup(`${path}/${entry.name}`);
    await rmdir(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    if (codeOf(error) === 'EBUSY') await killAll(path);
    throw error;
  }
}

async function killAll(path: string): Promise<void> {
  const text = (await textIn(`${path}/cgroup.procs`)) ?? '';
  for (const pid of text.split('\n').filter(Boolean).map(Number)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error;
    }
  }
}
