import { type ResourceFact, resourceFacts } from '@typernetes/api/schema';
import type { ServedResource, Subresource } from '../registry/served-resource.ts';
import { priorityOf } from './group-priority.ts';

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface DiscoveredSubresource extends Kind {
  readonly name: string;
  readonly verbs: readonly string[];
}

/** The discovery data of one resource in one version. */
export interface DiscoveredResource extends Kind {
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
  /** Sorted by name. */
  readonly subresources: readonly DiscoveredSubresource[];
}

export function discoveredFromServed(served: ServedResource): DiscoveredResource {
  const { type } = served;
  const names = Object.keys(served.subresources).sort();
  return {
    group: type.group,
    version: type.version,
    kind: type.kind,
    plural: type.plural,
    singular: type.singular,
    namespaced: type.namespaced,
    verbs: [...served.verbs].sort(),
    shortNames: type.shortNames,
    categories: type.categories,
    storageVersionHash: served.storageVersionHash,
    subresources: names.map((name) => {
      const subresource = served.subresources[name] as Subresource;
      return { name, ...kindOf(subresource, type), verbs: [...subresource.verbs].sort() };
    }),
  };
}

function kindOf(subresource: Subresource, own: Kind): Kind {
  if (subresource.via === 'scale') return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const { group, version, kind } = subresource.via === 'handler' ? subresource.type : own;
  return { group, version, kind };
}

/** A built-in resource as the facts describe it. */
export function discoveredFromFact(fact: ResourceFact): DiscoveredResource {
  const { group, version, kind, plural, singular, namespaced, verbs } = fact;
  return {
    group,
    version,
    kind,
    plural,
    singular,
    namespaced,
    verbs,
    shortNames: fact.shortNames,
    categories: fact.categories,
    storageVersionHash: fact.storageVersionHash,
    subresources: (fact.subresources ?? []).map((subresource) => {
      const [subgroup, subversion] =
        subresource.gv === undefined ? [group, version] : splitGroupVersion(subresource.gv);
      const { name, kind: subkind, verbs: subverbs } = subresource;
      return { name, group: subgroup, version: subversion, kind: subkind, verbs: subverbs };
    }),
  };
}

function splitGroupVersion(text: string): [group: string, version: string] {
  const slash = text.indexOf('/');
  return slash < 0 ? ['', text] : [text.slice(0, slash), text.slice(slash + 1)];
}

export interface DiscoveredVersion {
  readonly group: string;
  readonly version: string;
  /** Sorted by name. */
  readonly resources: readonly DiscoveredResource[];
  /** The server behind it does not answer: only its existence is known. */
  readonly stale?: boolean;
  /** Only an APIService without a Service names it: legacy discovery shows it, and nothing serves it. */
  readonly unserved?: boolean;
}

/** A version served by an aggregated API server, with its priorities: higher numbers come first. */
export interface RemoteVersion extends DiscoveredVersion {
  readonly groupPriority: number;
  readonly versionPriority: number;
}

export interface DiscoveredGroup {
  /** "" for the core group. */
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly DiscoveredVersion[];
}

/**
 * Groups and versions sorted by the priorities of their APIServices; groups of equal priority in the order of
 * upstream's server, then by name. A remote version replaces this server's own version of the same name, unless it is
 * unserved.
 */
export function groupsOf(
  resources: readonly DiscoveredResource[],
  remote: readonly RemoteVersion[] = [],
): DiscoveredGroup[] {
  const known = resourceFacts().groups.map(({ group }) => group);
  const rank = (name: string): number => (known.includes(name) ? known.indexOf(name) : known.length);
  const elsewhere = new Set(remote.filter(({ unserved }) => !unserved).map(nameOf));
  const own = [...Map.groupBy(resources, nameOf).values()].flatMap((members) => ownVersion(members, elsewhere));
  const served = new Set(own.map(nameOf));
  const others = remote.filter((version) => !version.unserved || !served.has(nameOf(version)));
  const byGroup = Map.groupBy([...own, ...others], ({ group }) => group);
  return [...byGroup]
    .map(([name, versions]) => ({
      name,
      priority: Math.max(...versions.map(({ groupPriority }) => groupPriority)),
      versions: versions.sort((a, b) => b.versionPriority - a.versionPriority || compareVersions(a.version, b.version)),
    }))
    .sort((a, b) => b.priority - a.priority || rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

const nameOf = ({ group, version }: { readonly group: string; readonly version: string }): string =>
  `${group}/${version}`;

function ownVersion(members: DiscoveredResource[], elsewhere: ReadonlySet<string>): RemoteVersion[] {
  const [{ group, version }] = members as [DiscoveredResource];
  if (elsewhere.has(`${group}/${version}`)) return [];
  const priority = priorityOf(group, version);
  return [
    {
      group,
      version,
      groupPriority: priority.group,
      versionPriority: priority.version,
      resources: members.sort((a, b) => (a.plural < b.plural ? -1 : 1)),
    },
  ];
}

/** Stable before beta before alpha, higher numbers first, anything else last. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionRank(a), versionRank(b)];
  for (const [i, rank] of left.entries()) if (rank !== right[i]) return (right[i] ?? 0) - rank;
  return a < b ? -1 : a > b ? 1 : 0;
}

function versionRank(version: string): readonly number[] {
  const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (found === null) return [-1, 0, 0];
  const stage = found[2] === undefined ? 2 : found[2] === 'beta' ? 1 : 0;
  return [stage, Number(found[1]), Number(found[3] ?? 0)];
}
