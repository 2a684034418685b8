import { messageOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { apiVersionOf } from '@typernetes/machinery';
import type { AnyResource, DiscoveredResource } from './any-resource.ts';
import type { DiscoveryCache } from './discovery-cache.ts';
import { wellKnownResources } from './well-known.ts';

/** Finds resources by users' names for them, and by manifests' apiVersion and kind. Uses discovery only for resources that are not well known. */
export interface ResourceFinder {
  /** Ignores the discovery cache. */
  refresh(): void;
  /** By plural, singular, short name or kind, with or without `.group` or `.version.group`. Throws when the server has none. */
  byName(name: string): Promise<AnyResource>;
  /** By apiVersion and kind. Throws when the server has none. */
  byKind(apiVersion: string, kind: string): Promise<AnyResource>;
  /** All members of a category such as `all`; none when there is no such category. */
  byCategory(category: string): Promise<readonly AnyResource[]>;
  /** Everything the server has in its preferred versions. */
  all(): Promise<readonly DiscoveredResource[]>;
  /** Everything the server has, each resource in all its versions. */
  everyVersion(): Promise<readonly DiscoveredResource[]>;
  /** Everything the server has in one version of a group. */
  inVersion(group: string, version: string): Promise<readonly DiscoveredResource[]>;
}

/** `warn` is called once for each ambiguous short name. */
export function resourceFinder(
  client: Pick<ApiClient, 'transport'>,
  cache?: DiscoveryCache,
  warn: (text: string) => void = () => undefined,
): ResourceFinder {
  let discovered: Promise<readonly DiscoveredResource[]> | undefined;
  let inPreferred: Promise<readonly DiscoveredResource[]> | undefined;
  let isFresh = false;
  const ask = async (): Promise<readonly DiscoveredResource[]> => {
    const { discover, resourcesOf } = await import('./discovery.ts');
    const kept = isFresh ? undefined : cache?.read();
    if (kept) return resourcesOf(kept);
    isFresh = true;
    const found = await discover(client);
    cache?.write(found);
    return resourcesOf(found);
  };
  const everyVersion = (): Promise<readonly DiscoveredResource[]> => {
    discovered ??= ask();
    return discovered;
  };
  const all = (): Promise<readonly DiscoveredResource[]> => {
    inPreferred ??= everyVersion().then(async (found) => (await import('./discovery.ts')).preferred(found));
    return inPreferred;
  };
  const refresh = (): void => {
    if (isFresh) return;
    isFresh = true;
    discovered = undefined;
    inPreferred = undefined;
  };
  /** The cache may lack newer resources, so discovery is refreshed before a resource is reported as missing. */
  const sought = async <T>(find: () => Promise<T | undefined>): Promise<T | undefined> => {
    const found = await find();
    if (found !== undefined || isFresh) return found;
    refresh();
    return find();
  };
  const warned = new Set<string>();
  const warnOfOthers = (among: readonly AnyResource[], of: { name: string; found: AnyResource }): void => {
    for (const other of alsoShort(among, of)) {
      if (!warned.has(other)) warn(other);
      warned.add(other);
    }
  };
  /** No request is made for a warning: known and cached discovery suffices. */
  const warnOfKept = async (name: string, found: AnyResource): Promise<void> => {
    if (!isShortFor(name, found)) return;
    if (!discovered) {
      const kept = isFresh ? undefined : cache?.read();
      if (!kept) return;
      discovered = import('./discovery.ts').then(({ resourcesOf }) => resourcesOf(kept));
    }
    warnOfOthers(await all(), { name, found });
  };
  return {
    refresh,
    all,
    everyVersion,
    async byName(name) {
      const wellKnown = findByName(wellKnownResources, name);
      if (wellKnown) {
        await warnOfKept(name, wellKnown);
        return wellKnown;
      }
      const known = await sought(async () => {
        const found = findByName(await all(), name);
        if (found) warnOfOthers(await all(), { name, found });
        return found ?? findByName(await everyVersion(), name);
      });
      // Upstream's message has the resource only, without version and group.
      if (!known) throw new Error(`the server doesn't have a resource type "${name.split('.', 1)[0]}"`);
      return known;
    },
    async byKind(apiVersion, kind) {
      // A kind all in small letters is known, too: what it means to the server is for the server to say.
      const matches = (type: AnyResource): boolean =>
        (type.kind === kind || type.kind.toLowerCase() === kind) && apiVersionOf(type) === apiVersion;
      const known =
        wellKnownResources.find(matches) ?? (await sought(async () => (await everyVersion()).find(matches)));
      if (!known) {
        throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`);
      }
      return known;
    },
    async inVersion(group, version) {
      return (await everyVersion()).filter((type) => type.group === group && type.version === version);
    },
    async byCategory(category) {
      return (await all()).filter((type) => type.categories?.includes(category));
    },
  };
}

/** `pods`, `po`, `Pod`, `deployments.apps`, `deployments.v1.apps`. */
export function findByName<T extends AnyResource>(types: readonly T[], name: string): T | undefined {
  const [first = '', ...rest] = name.toLowerCase().split('.');
  const [asWritten = ''] = name.split('.');
  const group = rest.join('.');
  const inGroup = (type: T): boolean =>
    group === '' || group === type.group || group === `${type.version}.${type.group}`;
  const called = ({ plural, singular, kind }: T): boolean =>
    plural === first || singular === first || kind.toLowerCase() === first;
  // Full names take precedence over short ones; only full names may be in upper case.
  return (
    types.find((type) => called(type) && inGroup(type)) ??
    types.find((type) => type.shortNames?.includes(asWritten) === true && inGroup(type))
  );
}

function isShortFor(name: string, { shortNames, plural }: AnyResource): boolean {
  return shortNames?.includes(name) === true && plural !== name;
}

/** Upstream's warning about an ambiguous short name. */
function alsoShort(all: readonly AnyResource[], { name, found }: { name: string; found: AnyResource }): string[] {
  if (!isShortFor(name, found)) return [];
  const isFound = ({ plural, group }: AnyResource): boolean => plural === found.plural && group === found.group;
  return all
    .filter((type) => type.shortNames?.includes(name) && type.kind && !isFound(type))
    .map(
      ({ plural, group }) =>
        `short name ${JSON.stringify(name)} could also match lower priority resource ${plural}${group === '' ? '' : `.${group}`}`,
    );
}

/** Whether the error says that the server has no such resource. */
export function isUnknownResource(error: unknown): boolean {
  return messageOf(error).startsWith("the server doesn't have a resource type");
}
