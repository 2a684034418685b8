import { type ResourceFact, resourceFacts } from '@typernetes/api/schema';
import type { ServedResource } from '../registry/served-resource.ts';
import { jsonReply } from './reply.ts';
import type { SystemRoute } from './system-routes.ts';

/** `/openapi/v2` and `/openapi/v3`. The builders are loaded, and documents made, when somebody asks. */
export function openApiRoute(served: () => readonly ServedResource[]): SystemRoute {
  const documents = new Map<string, object | undefined>();
  return async ({ request }) => {
    const { path } = request;
    if (path !== '/openapi/v2' && path !== '/openapi/v3' && !path.startsWith('/openapi/v3/')) return undefined;
    if (!documents.has(path)) {
      const builders = await import('../openapi/openapi-documents.ts');
      const facts = factsOf(served());
      if (path === '/openapi/v2') documents.set(path, builders.openApiV2Document(facts));
      else if (path === '/openapi/v3') documents.set(path, builders.openApiV3Index(facts));
      else documents.set(path, builders.openApiV3Document(groupVersionOf(path), facts));
    }
    const document = documents.get(path);
    return document && jsonReply(200, document);
  };
}

function factsOf(served: readonly ServedResource[]): ResourceFact[] {
  const names = new Set(served.map(({ type }) => `${type.group}/${type.version}/${type.plural}`));
  return resourceFacts().resources.filter(({ group, version, plural }) => names.has(`${group}/${version}/${plural}`));
}

function groupVersionOf(path: string): { group: string; version: string } {
  const [root, first = '', second = ''] = path.slice('/openapi/v3/'.length).split('/');
  return root === 'api' ? { group: '', version: first } : { group: first, version: second };
}
