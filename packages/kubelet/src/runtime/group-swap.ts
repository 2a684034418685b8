import { textIn } from '../files/read-files.ts';
import type { CgroupLayout } from './cgroup-layout.ts';
import { limitIn } from './group-usage.ts';

/** In bytes. */
export interface SwapUsage {
  readonly used: number;
  /** Of swap in version 2, of memory and swap together in version 1; Infinity if unlimited. */
  readonly limit: number;
}

/** What a cgroup has swapped out; undefined when it is gone. */
export async function readGroupSwap(layout: CgroupLayout, path: string): Promise<SwapUsage | undefined> {
  const root = layout.version === 2 ? layout.root : layout.roots.find((one) => one.endsWith('/memory'));
  if (root === undefined) return undefined;
  const names = layout.version === 2 ? ['swap.current', 'swap.max'] : ['stat', 'memsw.limit_in_bytes'];
  const [usage, limit] = await Promise.all(names.map((name) => textIn(`${root}${path}/memory.${name}`)));
  if (usage === undefined) return undefined;
  const used = layout.version === 2 ? usage : /^total_swap (\d+)$/m.exec(usage)?.[1];
  return { used: Number(used ?? 0), limit: limitIn(limit) };
}
