import type { FakeApi } from '@typernetes/client/testing';
import { apiVersionOf, type ResourceType } from '@typernetes/machinery';

type Described = Pick<ResourceType<unknown>, 'group' | 'version' | 'plural' | 'singular' | 'kind' | 'namespaced'>;

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** Lets discovery show these resources, all verbs included. */
export function serveDiscovery(api: FakeApi, types: readonly Described[]): void {
  const groups = [...new Set(types.map(({ group }) => group))].filter((group) => group !== '');
  const versionsOf = (group: string) => [
    ...new Set(types.filter((type) => type.group === group).map((type) => type.version)),
  ];
  api.routes.set('GET /apis', () => ({
    groups: groups.map((name) => ({
      name,
      versions: versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}`, version })),
    })),
  }));
  const paths = new Map([
    ['v1', '/api/v1'],
    ...types.map((type): [string, string] => [
      apiVersionOf(type),
      `/${type.group ? 'apis' : 'api'}/${apiVersionOf(type)}`,
    ]),
  ]);
  for (const [groupVersion, path] of paths) {
    const resources = types
      .filter((type) => apiVersionOf(type) === groupVersion)
      .map(({ plural, singular, namespaced, kind }) => ({
        name: plural,
        singularName: singular,
        namespaced,
        kind,
        verbs,
      }));
    api.routes.set(`GET ${path}`, () => ({ groupVersion, resources }));
  }
}
