import { validateFieldManager } from '@typernetes/api/validation';
import {
  apiVersionOf,
  type DeleteOptions,
  invalid,
  isTrueParameter,
  StatusError,
  unsupportedValue,
} from '@typernetes/machinery';
import type { ServedResource } from '../registry/served-resource.ts';
import { acceptable, listable, negotiateFor, plainJson } from '../request/negotiation.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import type { WriteOptions } from '../storage/write-options.ts';
import { includeObjectOf } from './encode.ts';
import { integerParameter } from './list-options.ts';
import type { OutputOptions } from './output-options.ts';

/** A request for a resource, with what the router has found out about it. */
export interface ResourceCall {
  readonly context: RequestContext;
  readonly served: ServedResource;
  readonly namespace: string;
  readonly name: string;
  readonly output: OutputOptions;
}

export type StoredCall = ResourceCall & { readonly storage: ResourceStorage };

/** Serves a subresource that is not simply stored: logs, exec, bindings, tokens. */
export type CallHandler = (call: StoredCall) => Promise<Reply>;

/** Serves a resource that has no stored objects: reviews. */
export type AnswerHandler = (call: ResourceCall) => Promise<Reply>;

export function outputOf({ request, info }: RequestContext, { type }: ServedResource, now: number): OutputOptions {
  const available = info.verb === 'list' || info.verb === 'watch' ? listable : acceptable;
  const representation = answersItself.has(info.subresource)
    ? plainJson
    : negotiateFor(request.headers.accept, { apiVersion: apiVersionOf(type), kind: type.kind }, available);
  return {
    representation,
    includeObject: representation.as === 'Table' ? includeObjectOf(request.query) : 'Metadata',
    pretty: wantsPretty(request),
    now,
  };
}

/** Subresources whose replies are not API objects, whatever the client accepts. */
const answersItself = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

/** As upstream, output for curl, Wget and browsers is indented. */
export function wantsPretty({ query, headers }: RequestContext['request']): boolean {
  const value = query.get('pretty') ?? '';
  if (value !== '') return /^(1|t|T|TRUE|true|True)$/.test(value);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '');
}

export function writeOptionsOf(context: RequestContext, kind: string): WriteOptions {
  const { query, headers } = context.request;
  const userAgent = headers['user-agent'] ?? '';
  if (query.size === 0)
    return { context, dryRun: false, fieldManager: programOf(userAgent), raw: { kind, apiVersion: 'meta.k8s.io/v1' } };
  const dryRuns = query.getAll('dryRun');
  const fieldManager = query.get('fieldManager') ?? '';
  const problems = [
    ...validateFieldManager(fieldManager),
    ...(dryRuns.some((value) => value !== 'All') ? [unsupportedValue('dryRun', dryRuns, ['All'])] : []),
  ];
  if (problems.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', problems);
  return {
    context,
    dryRun: dryRuns.length > 0,
    fieldManager: fieldManager || programOf(userAgent),
    raw: {
      kind,
      apiVersion: 'meta.k8s.io/v1',
      ...(dryRuns.length > 0 ? { dryRun: dryRuns } : {}),
      ...(fieldManager ? { fieldManager } : {}),
    },
  };
}

/** The field manager when the request names none: the program in the user agent, as upstream. */
function programOf(userAgent: string): string {
  const slash = userAgent.indexOf('/');
  return userAgent.slice(0, Math.min(128, slash < 0 ? userAgent.length : slash)) || 'unknown';
}

/** Write options of a deletion; its dry run is that of the DeleteOptions, which may be in the body or the query. */
export function deletionWrite(context: RequestContext, { dryRun = [] }: DeleteOptions): Omit<WriteOptions, 'raw'> {
  const userAgent = context.request.headers['user-agent'] ?? '';
  return { context, dryRun: dryRun.length > 0, fieldManager: programOf(userAgent) };
}

/** DeleteOptions of the query, for requests without a body. */
export function deleteOptionsOf(query: URLSearchParams): DeleteOptions {
  const dryRun = query.getAll('dryRun');
  const grace = integerParameter(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphan = query.get('orphanDependents');
  const uid = query.get('uid');
  const resourceVersion = query.get('resourceVersion');
  const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(orphan === null ? {} : { orphanDependents: isTrueParameter(orphan) }),
    ...(uid || resourceVersion ? { preconditions } : {}),
    ...(dryRun.length > 0 ? { dryRun } : {}),
  };
}

export const methodNotAllowed = (): StatusError =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });

export const noSuchResource = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
