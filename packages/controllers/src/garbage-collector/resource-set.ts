import type { DiscoveredResource, Discovery } from '@typernetes/client';
import { apiVersionOf, groupResourceOf } from '@typernetes/machinery';
import { groupOf } from './identity.ts';
import type { ResolveType } from './reconciler.ts';

/** Objects that come and go by the thousand and never own anything. */
const ignored: ReadonlySet<string> = new Set(['events', 'events.events.k8s.io']);

/** All resources that are served, as the latest discovery had them. */
export class ResourceSet {
  #all: readonly DiscoveredResource[] = [];
  readonly #byKind = new Map<string, DiscoveredResource>();

  /** The same kind in another version of its group is the same object, so the version does not matter. */
  readonly resolve: ResolveType = (apiVersion, kind) => this.#byKind.get(`${groupOf(apiVersion)}/${kind}`);

  /**
   * Keeps what was known about group versions that failed discovery (for example because an extension server is down).
   */
  replace({ resources, failures }: Discovery): void {
    this.#all = [...resources, ...this.#all.filter((type) => failures.has(apiVersionOf(type)))];
    this.#byKind.clear();
    for (const type of this.#all) this.#byKind.set(`${type.group}/${type.kind}`, type);
  }

  /** By `resource.group`: resources that support list, watch and delete. */
  collectable(): ReadonlyMap<string, DiscoveredResource> {
    const found = this.#all.filter(
      (type) =>
        ['delete', 'list', 'watch'].every((verb) => type.verbs.includes(verb)) && !ignored.has(groupResourceOf(type)),
    );
    return new Map(found.map((type) => [groupResourceOf(type), type]));
  }
}
