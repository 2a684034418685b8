import type { Clock } from '@typernetes/base';
import { badRequest, goQuote, notFound } from '@typernetes/machinery';
import { type DeprecationNotice, deprecationOf } from '../registry/deprecations.ts';
import type { ServedResource, Subresource } from '../registry/served-resource.ts';
import { namespaceParts, partsOf } from '../request/parse-request-info.ts';
import { pageNotFound } from '../request/reply.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply } from '../request/server-request.ts';
import { ResourceStorage, type StorageDependencies } from '../storage/resource-storage.ts';
import { verbSpan } from '../tracing/request-spans.ts';
import { patch } from './patch.ts';
import {
  type AnswerHandler,
  type CallHandler,
  methodNotAllowed,
  noSuchResource,
  outputOf,
  type ResourceCall,
  type StoredCall,
} from './resource-call.ts';
import { getScale, patchScale, updateScale } from './scale.ts';
import { create, get, list, remove, removeCollection, update, watch } from './verbs.ts';

interface Entry {
  readonly served: ServedResource;
  readonly storage: ResourceStorage | undefined;
  readonly deprecation: DeprecationNotice | undefined;
}

/** Finds the resource that a request is about and calls the handler of its verb. Resources can be added and removed while it serves. */
export class ResourceRouter {
  readonly #byPath = new Map<string, Entry>();
  readonly #hidden = new Map<string, ServedResource>();
  readonly #hiddenStorages = new Map<string, ResourceStorage>();
  readonly #depsOf: (served: ServedResource) => StorageDependencies;
  readonly #clock: Clock;
  /** By `plural.group`, or `plural`. */
  readonly #answers: ReadonlyMap<string, AnswerHandler>;
  /** By `plural/subresource`. */
  readonly #parts: ReadonlyMap<string, CallHandler>;

  constructor(
    deps: StorageDependencies,
    handlers: {
      answers: ReadonlyMap<string, AnswerHandler>;
      parts: ReadonlyMap<string, CallHandler>;
      /** The store and feed of a resource in another store; undefined for those in the main store. */
      elsewhere?: (served: ServedResource) => Pick<StorageDependencies, 'store' | 'feed'> | undefined;
    },
  ) {
    this.#depsOf = (served) => {
      const other = handlers.elsewhere?.(served);
      return other ? { ...deps, store: other.store, feed: other.feed } : deps;
    };
    this.#clock = deps.clock;
    this.#answers = handlers.answers;
    this.#parts = handlers.parts;
  }

  get served(): readonly ServedResource[] {
    return [...this.#byPath.values()].map(({ served }) => served);
  }

  add(served: ServedResource): void {
    const path = pathOf(served.type.group, served.type.version, served.type.plural);
    const before = this.#byPath.get(path)?.storage;
    const storage = served.storage && new ResourceStorage(served, this.#depsOf(served), before);
    const { type, deprecationWarning: warning } = served;
    const deprecation = warning === undefined ? deprecationOf(type) : { warning, removedRelease: '' };
    this.#byPath.set(path, { served, storage, deprecation });
  }

  /** Adds a resource that is not served but read by parts of the server: objects may have been stored when it was. */
  hide(served: ServedResource): void {
    this.#hidden.set(pathOf(served.type.group, served.type.version, served.type.plural), served);
  }

  remove(served: ServedResource): void {
    const path = pathOf(served.type.group, served.type.version, served.type.plural);
    this.#byPath.get(path)?.storage?.retire();
    this.#byPath.delete(path);
  }

  /** Whether the resource, and the subresource if one is named, is served. */
  serves(
    info: Pick<RequestInfo, 'apiGroup' | 'apiVersion' | 'resource'> & Partial<Pick<RequestInfo, 'subresource'>>,
  ): boolean {
    const { apiGroup, apiVersion, resource, subresource = '' } = info;
    const entry = this.#byPath.get(pathOf(apiGroup, apiVersion, resource));
    return entry !== undefined && (subresource === '' || Object.hasOwn(entry.served.subresources, subresource));
  }

  /** The deprecation of the resource that a request is about, if it is deprecated. */
  deprecationOf({ apiGroup, apiVersion, resource }: RequestInfo): DeprecationNotice | undefined {
    return this.#byPath.get(pathOf(apiGroup, apiVersion, resource))?.deprecation;
  }

  /** The number of objects of a resource in all namespaces; 0 for resources that are not stored. */
  countOf(info: Pick<RequestInfo, 'apiGroup' | 'apiVersion' | 'resource'>): number {
    return this.#byPath.get(pathOf(info.apiGroup, info.apiVersion, info.resource))?.storage?.cache.size ?? 0;
  }

  /** The number of these objects and their bytes in a list. */
  sizeOf(info: Pick<RequestInfo, 'apiGroup' | 'apiVersion' | 'resource'>): { objects: number; bytes: number } {
    const cache = this.#byPath.get(pathOf(info.apiGroup, info.apiVersion, info.resource))?.storage?.cache;
    return cache ? { objects: cache.size, bytes: cache.bytes } : { objects: 0, bytes: 0 };
  }

  /** Throws for a resource that is neither served nor hidden, or not stored. */
  storageOf(type: { readonly group: string; readonly version: string; readonly plural: string }): ResourceStorage {
    const path = pathOf(type.group, type.version, type.plural);
    const storage = this.#byPath.get(path)?.storage ?? this.#hiddenStorage(path);
    if (!storage) throw new Error(`Cannot find the storage of "${type.plural}" in group "${type.group}"`);
    return storage;
  }

  /** Made on first use: hardly any is used. */
  #hiddenStorage(path: string): ResourceStorage | undefined {
    const served = this.#hidden.get(path);
    if (!served?.storage) return undefined;
    let storage = this.#hiddenStorages.get(path);
    if (!storage) {
      storage = new ResourceStorage(served, this.#depsOf(served));
      this.#hiddenStorages.set(path, storage);
    }
    return storage;
  }

  /** Serves a request, without a promise when the reply is at hand; throws or rejects with a StatusError. */
  route(context: RequestContext): Reply | Promise<Reply> {
    const { info } = context;
    if (info.path.startsWith('//')) return pageNotFound();
    const entry = this.#byPath.get(pathOf(info.apiGroup, info.apiVersion, info.resource));
    if (!entry && !this.hasGroup(info.apiGroup)) return pageNotFound();
    if (!entry || !fits(entry.served, context)) throw noSuchResource();
    const { served, storage, deprecation } = entry;
    if (!served.shape) {
      const { subresource } = info;
      if (subresource !== '' && !Object.hasOwn(served.subresources, subresource)) throw noSuchResource();
      if (!isOffered(served, context)) throw methodNotAllowed();
    }
    const call: ResourceCall & { readonly storage: ResourceStorage | undefined } = {
      context,
      served,
      namespace: served.type.namespaced ? info.namespace : '',
      name: nameOf(context),
      output: outputOf(context, served, this.#clock.now()),
      storage,
    };
    if (deprecation) {
      context.warnings.add(deprecation.warning);
      context.annotate?.('k8s.io/deprecated', 'true');
      if (deprecation.removedRelease) context.annotate?.('k8s.io/removed-release', deprecation.removedRelease);
    }
    checkName(call);
    if (isStored(call)) {
      const { tracer } = call.storage.deps;
      const span = tracer && verbSpan(context);
      return span ? tracer.span(span, () => this.#stored(call)) : this.#stored(call);
    }
    const { group, plural } = served.type;
    const answer = this.#answers.get(group === '' ? plural : `${plural}.${group}`);
    if (!served.verbs.includes(info.verb)) throw methodNotAllowed();
    if (!answer) throw noSuchResource();
    return answer(call);
  }

  /** Whether the server itself has this API group. As upstream, paths of other groups get a plain 404. */
  hasGroup(group: string): boolean {
    for (const { served } of this.#byPath.values()) if (served.type.group === group && !served.shape) return true;
    return false;
  }

  #stored(call: StoredCall): Reply | Promise<Reply> {
    return call.context.info.subresource === '' ? this.#whole(call) : this.#part(call);
  }

  #whole(call: StoredCall): Reply | Promise<Reply> {
    const { verb } = call.context.info;
    if (!call.served.verbs.includes(verb)) throw methodNotAllowed();
    const whole = { strategy: call.served.strategy, subresource: '' };
    switch (verb) {
      case 'get':
        return get(call);
      case 'list':
        return list(call);
      case 'watch':
        return watch(call);
      case 'create':
        // Objects are created by POST to a collection, namespaced ones within a namespace.
        if (call.name !== '' || (call.served.type.namespaced && call.namespace === '')) throw methodNotAllowed();
        return create(call);
      case 'update':
        return update(call, whole);
      case 'patch':
        return patch(call, whole);
      case 'delete':
        return remove(call);
      case 'deletecollection':
        return removeCollection(call);
      default:
        throw methodNotAllowed();
    }
  }

  #part(call: StoredCall): Reply | Promise<Reply> {
    const { verb, subresource } = call.context.info;
    const part: Subresource | undefined = Object.hasOwn(call.served.subresources, subresource)
      ? call.served.subresources[subresource]
      : undefined;
    // As upstream: for an unknown subresource of a custom resource the error names the object.
    if (!part) throw call.served.shape ? notFound(call.served.type, call.name) : noSuchResource();
    // OPTIONS has no verb, but is passed on by `proxy`.
    const isOptions = subresource === 'proxy' && call.context.request.method === 'OPTIONS';
    if (!part.verbs.includes(verb) && !isOptions) throw methodNotAllowed();
    if (part.via === 'handler') {
      const handler = this.#parts.get(`${call.served.type.plural}/${subresource}`);
      if (!handler) throw noSuchResource();
      return handler(call);
    }
    if (part.via === 'scale') {
      if (verb === 'get') return getScale(call, part);
      return verb === 'update' ? updateScale(call, part) : patchScale(call, part);
    }
    const rules = { strategy: part.strategy, subresource };
    if (verb === 'get') return get(call);
    return verb === 'update' ? update(call, rules) : patch(call, rules);
  }
}

function isStored(call: ResourceCall & { readonly storage: ResourceStorage | undefined }): call is StoredCall {
  return call.storage !== undefined;
}

const pathOf = (group: string, version: string, plural: string): string => `${group}/${version}/${plural}`;

/**
 * Whether any handler exists for this path and method, whatever the body: upstream's routes of a collection (across
 * namespaces only reads), of an object and of its subresources. HEAD is for proxied paths.
 */
function isOffered({ type }: ServedResource, { info, request }: RequestContext): boolean {
  const { verb, subresource } = info;
  if (request.method === 'HEAD') return subresource === 'proxy';
  if (subresource !== '') return true;
  if (verb === 'list') return true;
  if (verb === 'watch') return request.method === 'GET';
  const isOfCollection = verb === 'create' || verb === 'deletecollection';
  if (!isOfCollection) return info.name !== '';
  return !(type.namespaced && info.namespace === '') && (verb !== 'create' || info.name === '');
}

/** A namespaced resource's objects are under a namespace; a cluster's are not. */
function fits({ type }: ServedResource, { info }: RequestContext): boolean {
  const { verb, namespace, rest, subresource } = info;
  if (verb === 'proxy') return false;
  // Only `proxy` has a path after it: that on the node, pod or service.
  if (rest.length > 0 && subresource !== 'proxy') return false;
  if (!type.namespaced) return namespace === '' || (type.plural === 'namespaces' && namespace === info.name);
  if (namespace !== '' || verb === 'list' || verb === 'deletecollection') return true;
  if (verb === 'create') return info.name === '';
  return verb === 'watch' ? nameInPath(info.path) === '' : info.name === '';
}

/** Throws BadRequest for an invalid name. */
function checkName({ name }: ResourceCall): void {
  const why = name === '.' || name === '..' ? `may not be '${name}'` : name.includes('%') ? "may not contain '%'" : '';
  if (why !== '') throw badRequest(`Name parameter invalid: ${goQuote(name)}: ${why}`);
}

/** The name in the path: for lists, `info.name` may come from a field selector. */
function nameOf({ info }: RequestContext): string {
  return info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection'
    ? info.path.includes('/watch/')
      ? info.name
      : ''
    : info.name;
}

/** The name of the object in a path, whatever a field selector says. */
function nameInPath(path: string): string {
  const parts = partsOf(path);
  let at = parts[0] === 'api' ? 2 : 3;
  if (parts[at] === 'watch') at++;
  if (parts[at] === 'namespaces' && parts.length > at + 2 && !namespaceParts.has(parts[at + 2] as string)) at += 2;
  return parts[at + 1] ?? '';
}
