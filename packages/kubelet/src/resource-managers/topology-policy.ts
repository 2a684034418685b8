/** NUMA nodes as bits: node 2 is 4. */
export type NumaMask = number;

/**
 * A set of nodes from which a resource is available. Without a mask any node will do; `preferred` marks the closest
 * sets.
 */
export interface Hint {
  readonly mask?: NumaMask;
  readonly preferred: boolean;
}

/** The hints for one resource of a container; undefined: no preference; an empty list: not available at all. */
export type Hints = readonly Hint[] | undefined;

export type TopologyPolicy = 'none' | 'best-effort' | 'restricted' | 'single-numa-node';

export const anywhere: Hint = { preferred: true };

export const maskOf = (nodes: Iterable<number>): NumaMask => [...nodes].reduce((mask, node) => mask | (1 << node), 0);
export const countOf = (mask: NumaMask): number => mask.toString(2).replaceAll('0', '').length;
export const nodesOf = (mask: NumaMask): readonly number[] =>
  Array.from({ length: 32 }, (_, node) => node).filter((node) => (mask >>> node) & 1);

/** All non-empty sets of the nodes. */
function masksOver(nodes: readonly number[]): readonly NumaMask[] {
  return Array.from({ length: 2 ** nodes.length - 1 }, (_, bits) =>
    maskOf(nodes.filter((_node, at) => ((bits + 1) >>> at) & 1)),
  );
}

/**
 * The hints for a resource, given the total and the free amount of each set of nodes: the smallest sets that could hold
 * it are preferred.
 */
export function hintsFor(
  nodes: readonly number[],
  fits: { readonly inAll: (mask: NumaMask) => boolean; readonly free: (mask: NumaMask) => boolean },
): readonly Hint[] {
  const masks = masksOver(nodes);
  const smallest = Math.min(...masks.filter(fits.inAll).map(countOf));
  return masks.filter(fits.free).map((mask) => ({ mask, preferred: countOf(mask) === smallest }));
}

/**
 * Decides from which nodes a container gets its resources, and whether it is admitted: the best combination of the
 * resources' hints (upstream: topologymanager.HintMerger and its policies).
 */
export function decide(
  policy: TopologyPolicy,
  resources: readonly Hints[],
  nodes: readonly number[],
  distanceOf: (mask: NumaMask) => number = () => 0,
): { readonly hint: Hint; readonly admit: boolean } {
  if (policy === 'none') return { hint: anywhere, admit: true };
  const all = maskOf(nodes);
  const lists = resources.map((hints): readonly Hint[] => {
    if (!hints) return [anywhere];
    return hints.length === 0 ? [{ preferred: false }] : hints;
  });
  const single = policy === 'single-numa-node';
  const usable = single
    ? lists.map((hints) =>
        hints.filter(({ mask, preferred }) => preferred && (mask === undefined || countOf(mask) === 1)),
      )
    : lists;
  const best = bestOf(merged(usable, all), { width: widthOf(lists), distanceOf });
  const hint = best ?? { mask: all, preferred: false };
  const admit = policy === 'best-effort' || hint.preferred;
  return { hint: single && hint.mask === all && nodes.length > 1 ? { preferred: hint.preferred } : hint, admit };
}

/** The minimum number of nodes for a combination without preferred hints. */
function widthOf(lists: readonly (readonly Hint[])[]): number {
  return Math.max(
    1,
    ...lists
      .map((hints) =>
        Math.min(...hints.flatMap(({ mask }) => (mask === undefined ? [] : [countOf(mask)])), Number.POSITIVE_INFINITY),
      )
      .filter(Number.isFinite),
  );
}

function* merged(lists: readonly (readonly Hint[])[], all: NumaMask): Generator<Required<Hint>> {
  const [first, ...rest] = lists;
  if (!first) return yield { mask: all, preferred: true };
  for (const { mask = all, preferred } of first)
    for (const other of merged(rest, all)) {
      const both = mask & other.mask;
      if (both !== 0) yield { mask: both, preferred: preferred && other.preferred };
    }
}

interface Measure {
  readonly width: number;
  readonly distanceOf: (mask: NumaMask) => number;
}

function bestOf(candidates: Iterable<Required<Hint>>, measure: Measure): Required<Hint> | undefined {
  let best: Required<Hint> | undefined;
  for (const candidate of candidates) if (!best || isBetter(candidate, best, measure)) best = candidate;
  return best;
}

/**
 * Preferred first, then fewer nodes, then closer ones if configured, then lower ones; among hints that are not
 * preferred, rather too wide than too narrow for the resources.
 */
function isBetter(one: Required<Hint>, other: Required<Hint>, { width, distanceOf }: Measure): boolean {
  if (one.preferred !== other.preferred) return one.preferred;
  const rank = ({ mask, preferred }: Required<Hint>): number => {
    const count = countOf(mask);
    return preferred || count >= width ? count : 64 - count;
  };
  const difference = rank(one) - rank(other);
  const farther = difference === 0 ? distanceOf(one.mask) - distanceOf(other.mask) : difference;
  return farther === 0 ? one.mask < other.mask : farther < 0;
}

/** The mean distance between all nodes of a set, including that of each node to itself (upstream: NUMADistances). */
export function meanDistance(distances: ReadonlyMap<number, readonly number[]>, mask: NumaMask): number {
  const nodes = nodesOf(mask);
  const sum = nodes.reduce(
    (total, from) => total + nodes.reduce((own, to) => own + (distances.get(from)?.[to] ?? 0), 0),
    0,
  );
  return nodes.length === 0 ? 0 : sum / nodes.length ** 2;
}
