import { type APIService, type APIServiceCondition, apiservices } from '@typernetes/api/apiregistration/v1';
import { services } from '@typernetes/api/core/v1';
import { endpointslices } from '@typernetes/api/discovery/v1';
import { type Clock, isAbort, type Logger, messageOf, type Runnable, timestamp } from '@typernetes/base';
import type { ApiClient, Informers } from '@typernetes/client';
import {
  findCondition,
  isAlreadyExists,
  isConflict,
  isNotFound,
  jsonEqual,
  withCondition,
} from '@typernetes/machinery';
import type { Tracer } from '@typernetes/process/tracing';
import type { ResolveService } from '../admission/webhook/caller.ts';
import { aggregatedDiscoveryType } from '../discovery/aggregated-discovery.ts';
import type { DiscoveredResource, RemoteVersion } from '../discovery/discovered-resource.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { availabilityOf, serviceProblem } from './availability.ts';
import { localApiServices, managedLabel } from './local-api-services.ts';
import { proxied, unavailable } from './proxy.ts';
import { discoveredFromAggregated } from './remote-discovery.ts';
import { discoveredFrom, type RemoteDocuments, remoteDocuments } from './remote-documents.ts';
import { type ProxyClient, RemoteServer } from './remote-server.ts';

interface AggregatorDeps {
  readonly informers: Informers;
  /** Acts as the server itself. */
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly resolve: ResolveService;
  /** The front proxy's certificate, the same object as long as it is the same; without it the servers behind do not believe who asks. */
  readonly proxyClient: () => ProxyClient | undefined;
  readonly rejectRedirects: boolean;
  /** Propagates a request's trace to the aggregated server. */
  readonly tracer?: Pick<Tracer, 'headers'> | undefined;
  /** An APIService has become unavailable. */
  readonly lost?: (name: string, reason: string) => void;
  /** The groups and versions that this server serves itself. */
  readonly served: () => Iterable<{ readonly group: string; readonly version: string }>;
}

interface Remote {
  readonly spec: APIService['spec'];
  readonly server: RemoteServer;
  /** What discovery shows about it: only its name while it is not available. */
  version: RemoteVersion;
  available: boolean;
  documents: RemoteDocuments | undefined;
}

/** The interval of checks of available servers; others are checked more often. */
const checkIntervalMs = 30_000;
const firstRetryMs = 250;
const checkTimeoutMs = 5000;
/** The number of concurrent probes, of which one has to succeed. */
const probes = 5;

/**
 * Serves APIServices: those without a Service stand for this server's own groups, the others for API servers behind a
 * Service, to which requests are forwarded. Maintains the condition Available.
 */
export class Aggregator implements Runnable {
  readonly name = 'aggregator';
  readonly #deps: AggregatorDeps;
  readonly #remotes = new Map<string, Remote>();
  /** What APIServices without a Service name, served here or not. */
  readonly #local = new Map<string, RemoteVersion>();
  readonly #due = new Set<string>();
  readonly #failures = new Map<string, number>();
  #wake = (): void => {};
  #registered = '';

  constructor(deps: AggregatorDeps) {
    this.#deps = deps;
    for (const apiService of this.#list()) this.#follow(apiService);
  }

  /** The answer of the server behind an APIService; undefined for requests that are this server's own. */
  answer(context: RequestContext): Promise<Reply> | undefined {
    if (this.#remotes.size === 0) return undefined;
    const [root, group = '', version = ''] = context.request.path.split('/').filter((part) => part !== '');
    if (root === 'openapi') return this.#openApi(context);
    if (root !== 'apis' || version === '') return undefined;
    const remote = this.#remotes.get(`${version}.${group}`);
    if (!remote) return undefined;
    return remote.available ? proxied(remote.server, context, this.#deps) : Promise.resolve(unavailable());
  }

  #openApi(context: RequestContext): Promise<Reply> | undefined {
    const found = /^\/openapi\/v3\/apis\/([^/]+)\/([^/]+)$/.exec(context.request.path);
    const remote = found && this.#remotes.get(`${found[2]}.${found[1]}`);
    return remote?.available ? proxied(remote.server, context, this.#deps) : undefined;
  }

  /**
   * The discovery data of aggregated servers, and what APIServices without a Service name. The same objects until
   * something changes.
   */
  get versions(): readonly RemoteVersion[] {
    return [...this.#remotes.values().map(({ version }) => version), ...this.#local.values()];
  }

  /** Their OpenAPI documents. */
  get documents(): readonly RemoteDocuments[] {
    return [...this.#remotes.values()].flatMap(({ available, documents }) =>
      available && documents ? [documents] : [],
    );
  }

  #list(): readonly APIService[] {
    return this.#deps.informers.for(apiservices).lister.list();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers } = this.#deps;
    const changed = ({ metadata }: APIService): void => this.#enqueue(metadata.name);
    const serviceChanged = (object: {
      metadata: { name: string; namespace?: string; labels?: Record<string, string> };
    }): void => {
      if (this.#remotes.size === 0) return;
      const { namespace, labels, name } = object.metadata;
      const service = labels?.['kubernetes.io/service-name'] ?? name;
      for (const [key, { spec }] of this.#remotes) {
        if (spec.service?.namespace === namespace && spec.service?.name === service) this.#enqueue(key);
      }
    };
    const behind = { added: serviceChanged, updated: serviceChanged, deleted: serviceChanged };
    const unsubscribe = [
      informers.for(apiservices).onEvent({ added: changed, updated: changed, deleted: changed }),
      informers.for(services).onEvent(behind),
      informers.for(endpointslices).onEvent(behind),
    ];
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#enqueue(registration);
      while (!signal.aborted) {
        const [name] = this.#due;
        if (name === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
            if (signal.aborted) resolve();
          });
          continue;
        }
        this.#due.delete(name);
        try {
          await this.#reconcile(name, signal);
        } catch (error) {
          if (isAbort(error, signal)) return;
          if (!isConflict(error)) this.#deps.log.error('Cannot check API service', error, { name });
          this.#later(name, firstRetryMs, signal);
        }
      }
    } finally {
      for (const stop of unsubscribe) stop();
    }
  }

  /** Call when this server serves other groups than before. */
  servedChanged(): void {
    this.#enqueue(registration);
  }

  #enqueue(name: string): void {
    this.#due.add(name);
    this.#wake();
  }

  #later(name: string, ms: number, signal: AbortSignal): void {
    const cancel = this.#deps.clock.after(ms, () => {
      signal.removeEventListener('abort', cancel);
      this.#enqueue(name);
    });
    signal.addEventListener('abort', cancel, { once: true });
  }

  /** Maintains an APIService for each group and version of this server, and deletes those that are obsolete. */
  async #register(signal: AbortSignal): Promise<void> {
    const wanted = new Map(localApiServices(this.#deps.served()).map((one) => [one.metadata.name ?? '', one]));
    const names = [...wanted.keys()].sort().join(' ');
    if (names === this.#registered) return;
    const kind = this.#deps.client.resource(apiservices);
    const present = new Map(this.#list().map((one) => [one.metadata.name, one]));
    for (const [name, draft] of wanted) {
      if (signal.aborted) return;
      if (!present.has(name)) await kind.create(draft).catch(unless(isAlreadyExists));
    }
    for (const [name, { metadata }] of present) {
      if (metadata.labels?.[managedLabel] === 'true' && !wanted.has(name))
        await kind.delete({ name }).catch(unless(isNotFound));
    }
    this.#registered = names;
  }

  #follow(apiService: APIService): Remote | undefined {
    const { metadata, spec } = apiService;
    const known = this.#remotes.get(metadata.name);
    if (!spec.service) {
      this.#remotes.delete(metadata.name);
      const version: RemoteVersion = { ...versionOf(spec), stale: false, unserved: true };
      if (!jsonEqual(version, this.#local.get(metadata.name))) this.#local.set(metadata.name, version);
      return undefined;
    }
    this.#local.delete(metadata.name);
    if (known && jsonEqual(known.spec, spec)) return known;
    const { resolve, proxyClient } = this.#deps;
    const server = new RemoteServer(apiService, { resolve, client: proxyClient });
    const version = versionOf(spec);
    // The result of the last check, by this server or another, is valid until the next.
    const available = findCondition(apiService.status?.conditions, 'Available')?.status === 'True';
    const remote: Remote = { spec, server, version, available, documents: undefined };
    this.#remotes.set(metadata.name, remote);
    return remote;
  }

  async #reconcile(name: string, signal: AbortSignal): Promise<void> {
    if (name === registration) {
      await this.#register(signal);
      return;
    }
    const apiService = this.#deps.informers.for(apiservices).lister.get(name);
    if (!apiService) {
      this.#remotes.delete(name);
      this.#local.delete(name);
      this.#failures.delete(name);
      // It may have stood for a group that this server still serves.
      this.#registered = '';
      this.#enqueue(registration);
      return;
    }
    const remote = this.#follow(apiService);
    const failure = remote ? await this.#check(apiService, remote, signal) : undefined;
    const verdict = availabilityOf(apiService, { ...this.#behind(apiService), failure });
    if (signal.aborted) return;
    const was = findCondition(apiService.status?.conditions, 'Available')?.status;
    if (was !== 'False' && verdict.status === 'False') this.#deps.lost?.(name, verdict.reason ?? '');
    if (remote) {
      remote.available = verdict.status === 'True';
      const resources = remote.available ? await this.#discover(apiService, remote, signal) : undefined;
      if (signal.aborted) return;
      const version = versionOf(apiService.spec, resources, remote.version);
      if (!jsonEqual(version, remote.version)) remote.version = version;
      const failures = resources ? 0 : (this.#failures.get(name) ?? 0) + 1;
      this.#failures.set(name, failures);
      this.#later(name, resources ? checkIntervalMs : Math.min(firstRetryMs * 2 ** failures, checkIntervalMs), signal);
    }
    await this.#report(apiService, verdict);
  }

  #behind({ spec }: APIService) {
    const { informers } = this.#deps;
    const { name = '', namespace = '' } = spec.service ?? {};
    return {
      service: informers.for(services).lister.get(`${namespace}/${name}`),
      slices: informers
        .for(endpointslices)
        .lister.inNamespace(namespace)
        .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name),
    };
  }

  /**
   * Why a server is unavailable; undefined if it is available. It is available if one of several probes succeeds, each
   * of which may reach another replica.
   */
  async #check(apiService: APIService, remote: Remote, signal: AbortSignal): Promise<string | undefined> {
    if (serviceProblem(apiService, this.#behind(apiService))) return undefined;
    const { group = '', version = '' } = apiService.spec;
    return await this.#inTime(signal, async (limit) => {
      const tries = Array.from({ length: probes }, () => remote.server.probe(`/apis/${group}/${version}`, limit));
      const failures = await Promise.any(tries).then(
        () => [],
        ({ errors }: AggregateError) => errors as unknown[],
      );
      return failures.length === 0 ? undefined : messageOf(failures.at(-1));
    });
  }

  /** Its resources; undefined if it does not report them or is not trusted: it is served nevertheless. */
  async #discover(
    apiService: APIService,
    remote: Remote,
    signal: AbortSignal,
  ): Promise<readonly DiscoveredResource[] | undefined> {
    const { group = '', version = '' } = apiService.spec;
    try {
      return await this.#inTime(signal, async (limit) => {
        const whole = await remote.server.readIfAny('/apis', limit, aggregatedDiscoveryType);
        const resources =
          discoveredFromAggregated(whole, { group, version }) ??
          discoveredFrom(await remote.server.read(`/apis/${group}/${version}`, limit), { group, version });
        await this.#readDocuments(apiService, remote, limit);
        return resources;
      });
    } catch (error) {
      if (!signal.aborted)
        this.#deps.log.warn('Cannot read what an API service has', {
          name: apiService.metadata.name,
          reason: messageOf(error),
        });
      return undefined;
    }
  }

  async #inTime<T>(signal: AbortSignal, run: (limit: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const cancel = this.#deps.clock.after(checkTimeoutMs, () => late.abort());
    try {
      return await run(AbortSignal.any([signal, late.signal]));
    } finally {
      cancel();
      late.abort();
    }
  }

  /** Tries once; a failure is retried at the next check, and the API is served meanwhile. */
  async #readDocuments({ metadata, spec }: APIService, remote: Remote, signal: AbortSignal): Promise<void> {
    const { group = '', version = '' } = spec;
    try {
      remote.documents ??= await remoteDocuments(remote.server, { group, version }, signal);
    } catch (error) {
      if (!signal.aborted)
        this.#deps.log.warn('Cannot read the documents of an API service', {
          name: metadata.name,
          reason: messageOf(error),
        });
    }
  }

  async #report(apiService: APIService, verdict: Omit<APIServiceCondition, 'lastTransitionTime'>): Promise<void> {
    const now = timestamp(this.#deps.clock.now());
    const conditions = withCondition(apiService.status?.conditions, verdict, { now });
    if (jsonEqual(conditions, apiService.status?.conditions)) return;
    await this.#deps.client
      .resource(apiservices)
      .updateStatus({ ...apiService, status: { ...apiService.status, conditions } })
      .catch(unless(isNotFound));
  }
}

/** Without resources: those last reported, for a server that does not answer. */
function versionOf(
  { group = '', version = '', groupPriorityMinimum, versionPriority }: APIService['spec'],
  resources?: readonly DiscoveredResource[],
  before?: RemoteVersion,
): RemoteVersion {
  const place = { group, version, groupPriority: groupPriorityMinimum, versionPriority };
  const byName = (a: DiscoveredResource, b: DiscoveredResource): number => (a.plural < b.plural ? -1 : 1);
  if (resources) return { ...place, resources: [...resources].sort(byName) };
  return { ...place, resources: before?.resources ?? [], stale: true };
}

/** The queue key for the registration of this server's own APIServices. */
const registration = ' registration';

const unless =
  (expected: (error: unknown) => boolean) =>
  (error: unknown): void => {
    if (!expected(error)) throw error;
  };
