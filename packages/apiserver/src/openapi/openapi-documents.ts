import { createHash } from 'node:crypto';
import { operationsOf, type ResourceFact, typeFacts } from '@typernetes/api/schema';
import { version } from '@typernetes/base';
import { definitionName, definitionsOf } from './definitions.ts';
import { pathsOf } from './operations.ts';

type Json = Record<string, unknown>;

const info = { title: 'Kubernetes', version: version.replace(/\+.*/, '') };
const bearerToken = { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' };

/** `api/v1`, `apis/apps/v1`: how OpenAPI v3 names the document of a group and version. */
function openApiPath(of: { readonly group: string; readonly version: string }): string {
  return of.group === '' ? `api/${of.version}` : `apis/${of.group}/${of.version}`;
}

/** The index at `/openapi/v3`. `extra` are the paths and hashes of documents of other resources. */
export function openApiV3Index(
  resources: readonly ResourceFact[],
  extra: ReadonlyMap<string, string> = new Map(),
): Json {
  const byPath = Map.groupBy(resources, openApiPath);
  const hashes = [...byPath].map(([path, members]) => [path, openApiHash(members)] as const);
  const entries = [...hashes, ...extra].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    paths: Object.fromEntries(
      entries.map(([path, hash]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
    ),
  };
}

/** Changes when the document of these resources may: clients cache documents by it. Building the document is not needed. */
function openApiHash(resources: readonly ResourceFact[]): string {
  const served = resources.map(({ group, version: own, plural }) => [group, own, plural]).sort();
  return createHash('sha512')
    .update(JSON.stringify([version, served]))
    .digest('hex')
    .toUpperCase();
}

/** The document of one group and version, `/openapi/v3/apis/apps/v1`; undefined if none of its resources is served. */
export function openApiV3Document(
  of: { readonly group: string; readonly version: string },
  resources: readonly ResourceFact[],
): Json | undefined {
  const members = resources.filter((resource) => resource.group === of.group && resource.version === of.version);
  if (members.length === 0) return undefined;
  const operations = members.flatMap(operationsOf);
  return openApiV3Envelope(pathsOf(operations, 'v3'), definitionsOf(definitionNames(members), 'v3'));
}

/** A document around paths and schemas that are made already. */
export function openApiV3Envelope(paths: Json, schemas: Json): Json {
  return {
    openapi: '3.0.0',
    info,
    paths,
    components: { schemas, securitySchemes: { BearerToken: bearerToken } },
  };
}

/** Everything in one document, `/openapi/v2`. */
export function openApiV2Document(resources: readonly ResourceFact[]): Json {
  const operations = resources.flatMap(operationsOf);
  return {
    swagger: '2.0',
    info,
    paths: pathsOf(operations, 'v2'),
    definitions: definitionsOf(definitionNames(resources), 'v2'),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  };
}

/** The types that the operations use, including the kinds of the resources. */
function definitionNames(resources: readonly ResourceFact[]): Set<string> {
  const names = new Set<string>();
  for (const resource of resources) {
    const { type, listKind } = resource;
    names.add(definitionName(type));
    const list = listKind && `${type.slice(0, type.lastIndexOf('.'))}.${listKind}`;
    if (list && typeFacts().types[list]) names.add(definitionName(list));
    for (const { body, r } of operationsOf(resource)) {
      if (body) names.add(body);
      if (r) names.add(r);
    }
  }
  return names;
}
