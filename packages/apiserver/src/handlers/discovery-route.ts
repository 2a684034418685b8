import { encodeBody, envelopeOf } from '@typernetes/api/protobuf';
import {
  acceptsAggregatedDiscovery,
  aggregatedDiscoveryDocument,
  aggregatedDiscoveryType,
  discoveryEtag,
} from '../discovery/aggregated-discovery.ts';
import {
  type DiscoveredGroup,
  discoveredFromServed,
  groupsOf,
  type RemoteVersion,
} from '../discovery/discovered-resource.ts';
import {
  apiGroupDocument,
  apiGroupListDocument,
  apiResourceListDocument,
  apiVersionsDocument,
} from '../discovery/legacy-discovery.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { negotiate, negotiateUnrouted, notAcceptable, protobufType } from '../request/negotiation.ts';
import { partsOf } from '../request/parse-request-info.ts';
import { bytesReply } from '../request/reply.ts';
import type { Reply } from '../request/server-request.ts';
import { valueReply } from './encode.ts';
import { methodNotAllowed, wantsPretty } from './resource-call.ts';
import type { SystemRoute } from './system-routes.ts';

/** `/api`, `/apis` and the non-resource paths below them. Documents are rebuilt when the resources change. */
export function discoveryRoute(
  served: () => readonly ServedResource[],
  serverAddress: string,
  behind: () => readonly RemoteVersion[] = () => [],
): SystemRoute {
  let from: readonly (ServedResource | RemoteVersion)[] = [];
  let groups: DiscoveredGroup[] = [];
  let documents = new Map<string, unknown>();
  return ({ request }) => {
    const [root, group, version, ...rest] = partsOf(request.path);
    if ((root !== 'api' && root !== 'apis') || rest.length > 0 || request.path.startsWith('//')) return undefined;
    const own = served();
    const others = behind();
    const now = others.length > 0 ? [...own, ...others] : own;
    if (now.length !== from.length || now.some((one, i) => one !== from[i])) {
      from = now;
      groups = groupsOf(own.map(discoveredFromServed), others);
      documents = new Map();
    }
    const cached = <T>(name: string, make: () => T): T => {
      if (!documents.has(name)) documents.set(name, make());
      return documents.get(name) as T;
    };
    if (group === undefined && request.method === 'GET' && acceptsAggregatedDiscovery(request.headers.accept ?? '')) {
      const body = cached(`aggregated ${root}`, () => JSON.stringify(aggregatedDiscoveryDocument(groups, root)));
      return withEtag(body, request.headers['if-none-match']);
    }
    const document = cached(request.path, () => plainDocument(groups, { root, group, version, serverAddress }));
    if (document === undefined) return undefined;
    // `/apis` and groups are not upstream's router's business, which knows methods and takes any number of slashes.
    const isRouted = root === 'api' || version !== undefined;
    if (!isRouted && request.path.endsWith('//')) return undefined;
    if (isRouted && request.method !== 'GET') throw methodNotAllowed();
    const representation = isRouted ? negotiate(request.headers.accept) : negotiateUnrouted(request.headers.accept);
    if (representation.as !== 'Object') throw notAcceptable();
    if (representation.format === 'protobuf') return bytesReply(200, protobufOf(document), protobufType);
    return valueReply(200, document, { representation, pretty: wantsPretty(request) });
  };
}

/**
 * As upstream's, documents of the core group do not name the version of their messages
 * (`stripVersionNegotiatedSerializer`).
 */
function protobufOf(document: object): Uint8Array {
  const { apiVersion = '', kind, ...fields } = document as { apiVersion?: string; kind: string };
  return envelopeOf({ apiVersion, kind }, encodeBody({ apiVersion: 'v1', kind }, fields));
}

function withEtag(body: string, known: string | undefined): Reply {
  const etag = discoveryEtag(body);
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' };
  if (known === etag) return { status: 304, headers, body: undefined };
  const reply = bytesReply(200, Buffer.from(body), aggregatedDiscoveryType);
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function plainDocument(
  groups: readonly DiscoveredGroup[],
  at: { root: 'api' | 'apis'; group: string | undefined; version: string | undefined; serverAddress: string },
): object | undefined {
  if (at.root === 'api') {
    if (at.group === undefined) return apiVersionsDocument(groups, at.serverAddress);
    // In the core group the version follows the root directly.
    if (at.version !== undefined) return undefined;
    const version = groups.find(({ name }) => name === '')?.versions.find((one) => one.version === at.group);
    return version && apiResourceListDocument(version);
  }
  if (at.group === undefined) return apiGroupListDocument(groups);
  const group = groups.find(({ name }) => name === at.group && name !== '');
  if (!group) return undefined;
  if (at.version === undefined) return apiGroupDocument(group);
  const version = group.versions.find((one) => one.version === at.version);
  return version && !version.unserved ? apiResourceListDocument(version) : undefined;
}
