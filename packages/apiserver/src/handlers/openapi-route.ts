import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { type ResourceFact, resourceFacts } from '@typernetes/api/schema';
import type { RemoteDocuments } from '../aggregation/remote-documents.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { isOpenApiTaken, openApiReply } from './openapi-reply.ts';
import type { SystemRoute } from './system-routes.ts';

/**
 * `/openapi/v2` and `/openapi/v3`. The builders are loaded, and documents built, on the first request; those of
 * built-in kinds are cached, `definitions` are the current custom ones.
 */
export function openApiRoute(
  served: () => readonly ServedResource[],
  definitions: () => readonly CustomResourceDefinition[] = () => [],
  behind: () => readonly RemoteDocuments[] = () => [],
): SystemRoute {
  const documents = new Map<string, object | undefined>();
  return async ({ request }) => {
    const { path } = request;
    if (path !== '/openapi/v2' && path !== '/openapi/v3' && !path.startsWith('/openapi/v3/')) return undefined;
    if (!isOpenApiTaken(request.headers.accept)) return { status: 406, headers: { vary: 'Accept' }, body: undefined };
    const custom = definitions();
    const remote = behind();
    if (custom.length > 0 || remote.length > 0) {
      const document = await withOthers(path, factsOf(served()), { custom, remote });
      if (document) return await openApiReply(request, document);
    }
    if (!documents.has(path)) {
      const builders = await import('../openapi/openapi-documents.ts');
      const facts = factsOf(served());
      if (path === '/openapi/v2') documents.set(path, builders.openApiV2Document(facts));
      else if (path === '/openapi/v3') documents.set(path, builders.openApiV3Index(facts));
      else documents.set(path, builders.openApiV3Document(groupVersionOf(path), facts));
    }
    const document = documents.get(path);
    return document && (await openApiReply(request, document));
  };
}

/** Undefined for documents that include neither custom resources nor those of other servers. */
async function withOthers(
  path: string,
  facts: readonly ResourceFact[],
  { custom, remote }: { custom: readonly CustomResourceDefinition[]; remote: readonly RemoteDocuments[] },
): Promise<object | undefined> {
  const builders = await import('../openapi/openapi-documents.ts');
  const { customDocuments, customHashes } = await import('../custom-resources/openapi.ts');
  const hashes = customHashes(custom);
  if (path === '/openapi/v3') {
    const others = remote.flatMap(({ path: of, hash }) => (hash === undefined ? [] : [[of, hash] as const]));
    return builders.openApiV3Index(facts, new Map([...hashes, ...others]));
  }
  if (path === '/openapi/v2') {
    const { paths, definitions: schemas } = customDocuments(custom, 'v2');
    const whole = builders.openApiV2Document(facts);
    return {
      ...whole,
      paths: Object.assign({}, whole.paths, paths, ...remote.map(({ v2 }) => v2?.paths)),
      definitions: Object.assign({}, ...remote.map(({ v2 }) => v2?.definitions), schemas, whole.definitions),
    };
  }
  if (!hashes.has(path.slice('/openapi/v3/'.length))) return undefined;
  const { paths, definitions: schemas } = customDocuments(custom, 'v3', groupVersionOf(path));
  return builders.openApiV3Envelope(paths, schemas);
}

function factsOf(served: readonly ServedResource[]): ResourceFact[] {
  const names = new Set(served.map(({ type }) => `${type.group}/${type.version}/${type.plural}`));
  return resourceFacts().resources.filter(({ group, version, plural }) => names.has(`${group}/${version}/${plural}`));
}

function groupVersionOf(path: string): { group: string; version: string } {
  const [root, first = '', second = ''] = path.slice('/openapi/v3/'.length).split('/');
  return root === 'api' ? { group: '', version: first } : { group: first, version: second };
}
