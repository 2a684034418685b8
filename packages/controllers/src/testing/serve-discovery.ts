import type { FakeApi } from '@typernetes/client/testing';
import { apiVersionOf, type ResourceType } from '@typernetes/machinery';

type Described = Pick<ResourceType<unknown>, 'group' | 'version' | 'plural' | 'singular' | 'kind' | 'namespaced'>;

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/**
 * Makes discovery list these resources, with all verbs; those of `stale` (`apps/v1`) as if their server did not answer.
 */
export function serveDiscovery(api: FakeApi, types: readonly Described[], stale: readonly string[] = []): void {
  for (const root of ['api', 'apis']) {
    const shown = types.filter(({ group }) => (group === '') === (root === 'api'));
    const items = [...Map.groupBy(shown, ({ group }) => group)].map(([name, members]) => ({
      metadata: { name },
      versions: [...Map.groupBy(members, apiVersionOf)].map(([groupVersion, ofVersion]) =>
        stale.includes(groupVersion)
          ? { version: ofVersion[0]?.version, freshness: 'Stale' }
          : { version: ofVersion[0]?.version, freshness: 'Current', resources: ofVersion.map(entry) },
      ),
    }));
    api.routes.set(`GET /${root}`, () => ({ items }));
  }
}

const entry = ({ group, version, kind, plural, singular, namespaced }: Described) => ({
  resource: plural,
  responseKind: { group, version, kind },
  scope: namespaced ? 'Namespaced' : 'Cluster',
  singularResource: singular,
  verbs,
});
