import { isGateOn } from '@typernetes/api/gate-settings';
import {
  type Clock,
  type Logger,
  type Random,
  type Runnable,
  runAll,
  systemClock,
  systemRandom,
} from '@typernetes/base';
import type { Transport } from '@typernetes/client';
import { StatusError } from '@typernetes/machinery';
import { createMetrics, type Metrics, sliMetrics } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import { admissionMetrics } from '../admission/admission-metrics.ts';
import { observedAuthorization } from '../authorization/authorization-metrics.ts';
import { CacheFeed, compactRegularly } from '../cache/cache-feed.ts';
import { celMetrics } from '../expressions/compile-times.ts';
import { type BrowserRules, withBrowserHeaders } from '../handlers/browser-headers.ts';
import { type AuthenticatedHandler, handlerChain } from '../handlers/chain.ts';
import { sliRoute } from '../handlers/component-routes.ts';
import type { Handler } from '../handlers/handler.ts';
import { indexRoute } from '../handlers/index-route.ts';
import { ResourceRouter } from '../handlers/resource-router.ts';
import { RetryGate } from '../handlers/retry-gate.ts';
import { answerSystem, healthRoute, metricsRoute, type SystemRoute, versionRoute } from '../handlers/system-routes.ts';
import type { UserInfo } from '../identity/user-info.ts';
import { observedAuthentication } from '../observers/authentication-metrics.ts';
import { certificateMetrics } from '../observers/certificate-metrics.ts';
import { inflightMetrics } from '../observers/inflight-metrics.ts';
import { readMetrics } from '../observers/read-metrics.ts';
import { requestMetrics } from '../observers/request-metrics.ts';
import { storageMetrics, storageSize } from '../observers/storage-metrics.ts';
import { storeTimes } from '../observers/store-times.ts';
import { watchMetrics } from '../observers/watch-metrics.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { directTransport } from '../serving/direct-transport.ts';
import { type Listening, type ListenOptions, listenTls } from '../serving/tls-server.ts';
import { observeAdmission } from '../storage/admit.ts';
import type { RequestTracing } from '../tracing/request-spans.ts';
import { healthEndpoints, type StoreTimeouts } from './health.ts';
import { type ApiServerParts, PartSlots } from './part-slots.ts';

export interface ApiServerOptions {
  readonly store: Store;
  readonly resources: readonly ServedResource[];
  /** Stores for some resources; the others are in `store`. */
  readonly otherStores?: readonly OtherStore[];
  /** Records spans; default: none. */
  readonly tracing?: RequestTracing | undefined;
  /** Resources that are not served but that parts of the server may read. */
  readonly hidden?: readonly ServedResource[];
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Default: the default states of the gates. */
  readonly featureEnabled?: (gate: string) => boolean;
  /** The prefix of all keys in the store; default `/registry`. */
  readonly storagePrefix?: string;
  /** How long a request may take, in milliseconds; default: 60,000. */
  readonly requestTimeoutMs?: number;
  /** The minimum duration of a watch without a timeout, in milliseconds; default: 30 minutes. */
  readonly minWatchMs?: number | undefined;
  /** How many objects of a collection are deleted concurrently; default: 32. */
  readonly deletionsAtOnce?: number | undefined;
  /** The oldest release of other servers in the cluster, for `/version`; default: the one before this server's. */
  readonly minCompatibility?: { readonly major: number; readonly minor: number };
  /** The release that the server emulates; default: its own. */
  readonly emulated?: { readonly major: number; readonly minor: number };
  /** Paths of the index that are not resources. */
  readonly listedPaths?: readonly string[];
  /** Whether `DELETE /metrics` resets them. */
  readonly resettableMetrics?: boolean;
  /** Whether new requests during a shutdown get a 429 with Retry-After; otherwise their connections are refused. */
  readonly sendsRetryAfter?: boolean;
  /** CORS and similar headers; default: none. */
  readonly browsers?: BrowserRules | undefined;
  /** How often the store is compacted, in milliseconds; 0: never; default: five minutes. */
  readonly compactionIntervalMs?: number;
  /** How long the store may take before health checks fail. */
  readonly storeTimeouts?: StoreTimeouts;
  /** Makes the parts, which may use the server; called once, when the storages exist. */
  readonly parts: (server: ServerInside) => Partial<ApiServerParts> | Promise<Partial<ApiServerParts>>;
}

/** Internals of a server for its parts. */
export interface ServerInside {
  readonly router: ResourceRouter;
  readonly feed: CacheFeed;
  readonly metrics: Metrics;
  /** A transport for requests as any user, without sockets. `program` is the user agent; default: this server's. */
  transport(user: UserInfo, program?: string): Transport;
}

export interface ApiServer extends ServerInside {
  /** Starts to listen with TLS. */
  listen(options: Pick<ListenOptions, 'host' | 'port' | 'material' | 'rules'>): Promise<Listening>;
  /** Rejects when a background part fails; settles once the server is closed. */
  readonly running: Promise<void>;
  /**
   * Fails `/readyz` at once; keeps serving for `delayMs`, until load balancers have noticed; then ends watches and
   * waits for requests in flight for at most `graceMs`. Requests that wait for an unreachable storage get 3 s. Without
   * options, all connections are cut at once. Watches by `transport` end last, and later requests by it reject.
   */
  close(options?: { delayMs?: number; graceMs?: number }): Promise<void>;
}

/** A store for some resources, with its own revisions. */
export interface OtherStore {
  readonly store: Store;
  keeps(served: ServedResource): boolean;
}

/** The user of the server's requests to itself. */
export const loopbackUser: UserInfo = {
  username: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

/** How long requests may wait for the storage during a shutdown: far longer than a reachable storage takes, far shorter than a pod's grace period. */
const storagePatienceMs = 3000;

/** How long replies may still be written after all requests were served; as upstream. */
const lastWordsMs = 2000;

/** Waits for `waited`, but at most `ms`. */
async function within(waited: Promise<void>, ms: number, clock: Clock): Promise<void> {
  const late = new AbortController();
  await Promise.race([waited, clock.sleep(ms, late.signal).catch(() => {})]);
  late.abort();
}

/** Keeps the caches of one store current, and compacts it. */
function storeFollowers(
  { store, feed }: { readonly store: Store; readonly feed: CacheFeed },
  options: { readonly clock: Clock; readonly log: Logger; readonly intervalMs: number },
): readonly Runnable[] {
  return [
    { name: 'cache feed', run: (signal) => feed.follow(signal) },
    { name: 'compaction', run: (signal) => compactRegularly(store, { ...options, feed }, signal) },
  ];
}

async function refuse(): Promise<never> {
  throw new StatusError('Unauthorized', 'Unauthorized');
}

/** Loads the caches, makes the parts and starts what runs in the background. `listen` opens the sockets. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { log } = options;
  const clock = options.clock ?? systemClock;
  const stop = new AbortController();
  const draining = new AbortController();
  const stores = await loadStores(options, clock);
  const metrics = options.metrics ?? createMetrics();
  celMetrics(metrics, stop.signal);
  const slots = new PartSlots();
  observeAdmission(slots.admission, admissionMetrics(metrics, clock));
  const router = resourceRouter(options, { stores, slots, metrics, clock });
  const handler = requestHandler(options, { slots, router, metrics, clock });
  const closed = new AbortController();
  const transport = (user: UserInfo, program = 'kube-apiserver'): Transport =>
    directTransport(handler, { user, program, closed: closed.signal });
  const inside: ServerInside = { router, feed: stores.main.feed, metrics, transport };
  const { compactionIntervalMs: intervalMs = 5 * 60_000 } = options;
  const following = runAll(
    stores.all.flatMap((one) => storeFollowers(one, { clock, log, intervalMs })),
    stop.signal,
  );
  try {
    slots.fill(await options.parts(inside), (parts) =>
      commonRoutes(options, { parts, stores, router, metrics, clock, stopping: draining.signal }),
    );
  } catch (error) {
    stop.abort();
    await following;
    throw error;
  }
  const background = runAll(slots.parts.background ?? [], stop.signal);
  const running = Promise.all([following, background]).then(() => undefined);
  return {
    ...inside,
    ...listeners(handler, options, { stores, metrics, clock, draining, stop, running, closed }),
    running,
  };
}

/** The stores with their caches; the main one has all resources that no other keeps. */
interface LoadedStores {
  readonly main: CachedStore;
  readonly others: readonly (CachedStore & OtherStore)[];
  readonly all: readonly CachedStore[];
}

interface CachedStore {
  readonly store: Store;
  readonly feed: CacheFeed;
}

async function loadStores(
  { store, otherStores = [], storagePrefix, log }: ApiServerOptions,
  clock: Clock,
): Promise<LoadedStores> {
  const feedOf = (one: Store): CacheFeed => new CacheFeed(one, { prefix: storagePrefix, clock, log });
  const main = { store, feed: feedOf(store) };
  const others = otherStores.map((one) => ({ ...one, feed: feedOf(one.store) }));
  const all = [main, ...others];
  await Promise.all(all.map((one) => one.feed.load()));
  return { main, others, all };
}

interface Making {
  readonly slots: PartSlots;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

function resourceRouter(
  options: ApiServerOptions,
  { stores, slots, metrics, clock }: Making & { readonly stores: LoadedStores },
): ResourceRouter {
  const countEvent = watchMetrics(metrics);
  const router = new ResourceRouter(
    {
      ...stores.main,
      countEvent,
      tracer: options.tracing?.tracer,
      storeTimes: storeTimes(metrics, clock),
      readMetrics: readMetrics(metrics),
      updateObserver: certificateMetrics(metrics),
      clock,
      random: options.random ?? systemRandom,
      log: options.log,
      admission: slots.admission,
      allocators: slots.allocators,
      featureEnabled: options.featureEnabled ?? ((gate) => isGateOn(gate)),
      minWatchMs: options.minWatchMs,
      deletionsAtOnce: options.deletionsAtOnce,
    },
    {
      answers: slots.answers,
      parts: slots.subresources,
      elsewhere: (served) => stores.others.find((one) => one.keeps(served)),
    },
  );
  for (const served of options.resources) router.add(served);
  for (const served of options.hidden ?? []) router.hide(served);
  storageMetrics(metrics, router);
  return router;
}

/** The handler chain, whose steps look up the parts that are made after it. */
function requestHandler(
  options: ApiServerOptions,
  { slots, router, metrics, clock }: Making & { readonly router: ResourceRouter },
): AuthenticatedHandler {
  slots.routes.push(versionRoute(options.emulated, options.minCompatibility));
  const inflight = inflightMetrics(metrics, (info) => router.serves(info));
  slots.observers.push(
    requestMetrics(metrics, {
      clock,
      isServed: (info) => router.serves(info),
      removalOf: (info) => router.deprecationOf(info)?.removedRelease,
    }),
  );
  return handlerChain({
    clock,
    log: options.log,
    authenticate: observedAuthentication((credentials) => slots.parts.authenticate?.(credentials) ?? refuse(), {
      metrics,
      clock,
    }),
    impersonate: async (sender, credentials, access) =>
      (await slots.parts.impersonate?.(sender, credentials, access)) ?? { user: sender },
    authorizers: slots.authorizers,
    observeAuthorization: (authorize) => observedAuthorization(authorize, { metrics, clock }),
    observers: slots.observers,
    auditor: () => slots.parts.auditor,
    flowControl: () => slots.parts.flowControl,
    requestTimeoutMs: options.requestTimeoutMs,
    tracing: options.tracing,
    route: inflight(
      (context) =>
        slots.parts.delegate?.(context) ??
        (context.info.isResourceRequest
          ? router.route(context)
          : answerSystem(slots.routes, context, (group) => router.hasGroup(group))),
    ),
  });
}

/** The paths that every server has: the index, health checks and metrics. */
function commonRoutes(
  options: ApiServerOptions,
  of: {
    readonly parts: Partial<ApiServerParts>;
    readonly stores: LoadedStores;
    readonly router: ResourceRouter;
    readonly metrics: Metrics;
    readonly clock: Clock;
    /** Aborts when the server begins to stop. */
    readonly stopping: AbortSignal;
  },
): SystemRoute[] {
  const { stores, router, metrics, clock, stopping } = of;
  const slis = sliMetrics();
  const health = slis.observed(
    healthEndpoints(
      { ...stores.main, others: stores.others, clock },
      { stopping, hooks: of.parts.health ?? [], timeouts: options.storeTimeouts },
    ),
  );
  const refresh = storageSize(
    metrics,
    stores.all.map((one) => one.store),
  );
  return [
    indexRoute(() => router.served, health, options.listedPaths ?? []),
    healthRoute(health),
    metricsRoute(metrics, { refresh, resettable: options.resettableMetrics ?? false }),
    sliRoute(slis),
  ];
}

/** Opens the server's sockets, and shuts it down. */
function listeners(
  handler: AuthenticatedHandler,
  { browsers, sendsRetryAfter }: ApiServerOptions,
  server: {
    readonly stores: LoadedStores;
    readonly metrics: Metrics;
    readonly clock: Clock;
    /** Aborted when the shutdown begins. */
    readonly draining: AbortController;
    /** Aborted when all requests are served. */
    readonly stop: AbortController;
    readonly running: Promise<void>;
    readonly closed: AbortController;
  },
): Pick<ApiServer, 'listen' | 'close'> {
  const { stores, metrics, clock, draining, stop, running, closed } = server;
  const gate = sendsRetryAfter ? new RetryGate() : undefined;
  const opened: Listening[] = [];
  const handshakeErrors = metrics.counter('apiserver_tls_handshake_errors_total', {
    help: "Number of requests dropped with 'TLS handshake error from' error",
  });
  return {
    listen: async (where) => {
      const inner: Handler = browsers ? withBrowserHeaders(handler, browsers) : handler;
      const answering = gate ? gate.before(inner) : inner;
      const listening = await listenTls(answering, { ...where, clock, handshakeFailed: () => handshakeErrors.add() });
      opened.push(listening);
      return listening;
    },
    close: async ({ delayMs = 0, graceMs = 0 } = {}) => {
      draining.abort();
      if (delayMs > 0) await clock.sleep(delayMs);
      // Requests that wait for an unreachable storage would hold up the shutdown.
      for (const one of stores.all) {
        one.store.hurry?.(storagePatienceMs);
        one.feed.hurry(storagePatienceMs);
      }
      if (gate && graceMs > 0) await within(gate.close(), graceMs, clock);
      const lastMs = gate ? Math.min(graceMs, lastWordsMs) : graceMs;
      await Promise.all(opened.map((listening) => listening.close(lastMs)));
      stop.abort();
      // What runs in the background may have last requests to itself.
      await running.finally(() => closed.abort(new Error('The API server is closed')));
    },
  };
}
