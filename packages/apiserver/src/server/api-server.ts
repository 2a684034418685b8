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
import { createMetrics, type HealthCheck, type Metrics, sliMetrics } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import { admissionMetrics } from '../admission/admission-metrics.ts';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import type { Auditor } from '../audit/auditor.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { Impersonate } from '../authentication/impersonation.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { CacheFeed, compactRegularly } from '../cache/cache-feed.ts';
import type { FlowControl } from '../flowcontrol/flow-control.ts';
import { type BrowserRules, withBrowserHeaders } from '../handlers/browser-headers.ts';
import { type Authenticate, handlerChain, type RequestObserver } from '../handlers/chain.ts';
import { sliRoute } from '../handlers/component-routes.ts';
import type { Handler } from '../handlers/handler.ts';
import { indexRoute } from '../handlers/index-route.ts';
import type { AnswerHandler, CallHandler } from '../handlers/resource-call.ts';
import { ResourceRouter } from '../handlers/resource-router.ts';
import { RetryGate } from '../handlers/retry-gate.ts';
import { answerSystem, healthRoute, metricsRoute, type SystemRoute, versionRoute } from '../handlers/system-routes.ts';
import { observedAuthentication } from '../observers/authentication-metrics.ts';
import { observedAuthorization } from '../observers/authorization-metrics.ts';
import { celMetrics } from '../observers/cel-times.ts';
import { certificateMetrics } from '../observers/certificate-metrics.ts';
import { inflightMetrics } from '../observers/inflight-metrics.ts';
import { readMetrics } from '../observers/read-metrics.ts';
import { requestMetrics } from '../observers/request-metrics.ts';
import { storageMetrics, storageSize } from '../observers/storage-metrics.ts';
import { storeTimes } from '../observers/store-times.ts';
import { watchMetrics } from '../observers/watch-metrics.ts';
import type { Allocator, ServedResource } from '../registry/served-resource.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { directTransport } from '../serving/direct-transport.ts';
import { type Listening, type ListenOptions, listenTls } from '../serving/tls-server.ts';
import { observeAdmission } from '../storage/admit.ts';
import type { StorageDependencies } from '../storage/resource-storage.ts';
import type { RequestTracing } from '../tracing/request-spans.ts';
import { healthEndpoints, type StoreTimeouts } from './health.ts';

/** What an API server is made of. Arrays are asked in order. */
export interface ApiServerParts {
  /** Without it only requests from within the process have a sender. */
  readonly authenticate: Authenticate;
  readonly impersonate: Impersonate;
  readonly authorizers: readonly Authorizer[];
  readonly admission: readonly AdmissionPlugin[];
  /** Resources that are answered instead of stored, by `plural.group`. */
  readonly answers: ReadonlyMap<string, AnswerHandler>;
  /** Subresources with handlers of their own, by `plural/subresource`. */
  readonly subresources: ReadonlyMap<string, CallHandler>;
  readonly routes: readonly SystemRoute[];
  /** Asked before everything else: undefined for requests that this server answers itself. */
  readonly delegate: (context: RequestContext) => Promise<Reply> | undefined;
  readonly observers: readonly RequestObserver[];
  readonly auditor: Auditor;
  readonly flowControl: FlowControl;
  readonly allocators: StorageDependencies['allocators'];
  readonly health: readonly HealthCheck[];
  /** Run beside the server: informers of plugins, allocators' repair, bootstrap. */
  readonly background: readonly Runnable[];
}

export interface ApiServerOptions {
  readonly store: Store;
  readonly resources: readonly ServedResource[];
  /** Stores that have resources of their own; all that no one keeps are in `store`. */
  readonly otherStores?: readonly OtherStore[];
  /** Says in spans what the server does; nothing is said if not given. */
  readonly tracing?: RequestTracing | undefined;
  /** Resources that are not served, whose objects parts of the server may look at all the same. */
  readonly hidden?: readonly ServedResource[];
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** As gates are by default if not given. */
  readonly featureEnabled?: (gate: string) => boolean;
  /** What all keys in the store begin with; default `/registry`. */
  readonly storagePrefix?: string;
  /** How long an answer may take; a minute if not given. */
  readonly requestTimeoutMs?: number;
  /** The least that a watch without a timeout of its own lasts; half an hour if not given. */
  readonly minWatchMs?: number | undefined;
  /** How many objects of a collection are deleted at once; 32 if not given. */
  readonly deletionsAtOnce?: number | undefined;
  /** The oldest release of other servers in the cluster, for `/version`; the one before this server's if not given. */
  readonly minCompatibility?: { readonly major: number; readonly minor: number };
  /** The release that the server stands for; its own if not given. */
  readonly emulated?: { readonly major: number; readonly minor: number };
  /** Paths that parts serve beside resources, for the index. */
  readonly listedPaths?: readonly string[];
  /** Whether `DELETE /metrics` has them begin anew. */
  readonly resettableMetrics?: boolean;
  /** Whether new requests are told to come back later, elsewhere, while those under way end; their connections are refused if not. */
  readonly sendsRetryAfter?: boolean;
  /** What browsers are told; nothing if not given. */
  readonly browsers?: BrowserRules | undefined;
  /** How often the store forgets its older history, in milliseconds. 0: never. Default: five minutes. */
  readonly compactionIntervalMs?: number;
  /** How long the store may take until it counts as stuck. */
  readonly storeTimeouts?: StoreTimeouts;
  /** Builds everything that itself needs access to the server; called once, when the storages exist. */
  readonly parts: (server: ServerInside) => Partial<ApiServerParts> | Promise<Partial<ApiServerParts>>;
}

/** What the parts of a server may use of it. */
export interface ServerInside {
  readonly router: ResourceRouter;
  readonly feed: CacheFeed;
  readonly metrics: Metrics;
  /** Requests under any user, without sockets, by this server itself or the program that is named. */
  transport(user: UserInfo, program?: string): Transport;
}

export interface ApiServer extends ServerInside {
  /** Starts to answer on TLS. */
  listen(options: Pick<ListenOptions, 'host' | 'port' | 'material' | 'rules'>): Promise<Listening>;
  /** Rejects when a background part fails; settles once the server is closed. */
  readonly running: Promise<void>;
  /**
   * Not ready any more at once; serves on for `delayMs`, so that nobody is sent here still; then lets requests under way end for at
   * most `graceMs` and ends watches. What waits for a storage that does not answer is given seconds. Without options: cuts everything.
   */
  close(options?: { delayMs?: number; graceMs?: number }): Promise<void>;
}

/** A store that keeps some resources; revisions are its own. */
export interface OtherStore {
  readonly store: Store;
  keeps(served: ServedResource): boolean;
}

/** The user that the server is to itself. */
export const loopbackUser: UserInfo = {
  username: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

/** How long requests may wait for the storage once the server is to end. Far more than a storage that is there takes, far less than a pod's grace. */
const storagePatienceMs = 3000;

/** For what is still written when everything is answered that was asked before the end; as upstream. */
const lastWordsMs = 2000;

/** Waits for something, but not longer than that. */
async function within(waited: Promise<void>, ms: number, clock: Clock): Promise<void> {
  const late = new AbortController();
  await Promise.race([waited, clock.sleep(ms, late.signal).catch(() => {})]);
  late.abort();
}

async function refuse(): Promise<never> {
  throw new StatusError('Unauthorized', 'Unauthorized');
}

/** Loads the caches and starts everything but sockets. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, log } = options;
  const clock = options.clock ?? systemClock;
  const stop = new AbortController();
  const draining = new AbortController();
  const feedOf = (one: Store) => new CacheFeed(one, { prefix: options.storagePrefix, clock, log });
  const feed = feedOf(store);
  const others = (options.otherStores ?? []).map((one) => ({ ...one, feed: feedOf(one.store) }));
  const kept = [{ store, feed }, ...others];
  await Promise.all(kept.map((one) => one.feed.load()));
  const metrics = options.metrics ?? createMetrics();
  const shared: { parts: Partial<ApiServerParts> } = { parts: {} };
  const admission: AdmissionPlugin[] = [];
  observeAdmission(admission, admissionMetrics(metrics, clock));
  const answers = new Map<string, AnswerHandler>();
  const subresources = new Map<string, CallHandler>();
  const allocators: { services?: Allocator } = {};
  celMetrics(metrics, stop.signal);
  const countEvent = watchMetrics(metrics);
  const router = new ResourceRouter(
    {
      store,
      countEvent,
      tracer: options.tracing?.tracer,
      storeTimes: storeTimes(metrics, clock),
      readMetrics: readMetrics(metrics),
      updateObserver: certificateMetrics(metrics),
      feed,
      clock,
      random: options.random ?? systemRandom,
      log,
      admission,
      allocators,
      featureEnabled: options.featureEnabled ?? ((gate) => isGateOn(gate)),
      minWatchMs: options.minWatchMs,
      deletionsAtOnce: options.deletionsAtOnce,
    },
    { answers, parts: subresources, elsewhere: (served) => others.find((one) => one.keeps(served)) },
  );
  for (const served of options.resources) router.add(served);
  for (const served of options.hidden ?? []) router.hide(served);

  const routes: SystemRoute[] = [versionRoute(options.emulated, options.minCompatibility)];
  const authorizers: Authorizer[] = [];
  storageMetrics(metrics, router);
  const inflight = inflightMetrics(metrics, (info) => router.serves(info));
  const observers = [
    requestMetrics(metrics, {
      clock,
      isServed: (info) => router.serves(info),
      removalOf: (info) => router.deprecationOf(info)?.removedRelease,
    }),
  ];
  const handler = handlerChain({
    clock,
    log,
    authenticate: observedAuthentication((credentials) => shared.parts.authenticate?.(credentials) ?? refuse(), {
      metrics,
      clock,
    }),
    impersonate: async (sender, credentials, access) =>
      (await shared.parts.impersonate?.(sender, credentials, access)) ?? { user: sender },
    authorizers,
    observeAuthorization: (authorize) => observedAuthorization(authorize, { metrics, clock }),
    observers,
    auditor: () => shared.parts.auditor,
    flowControl: () => shared.parts.flowControl,
    requestTimeoutMs: options.requestTimeoutMs,
    tracing: options.tracing,
    route: inflight(
      (context) =>
        shared.parts.delegate?.(context) ??
        (context.info.isResourceRequest
          ? router.route(context)
          : answerSystem(routes, context, (group) => router.hasGroup(group))),
    ),
  });
  const transport = (user: UserInfo, program = 'kube-apiserver'): Transport => directTransport(handler, user, program);
  const inside: ServerInside = { router, feed, metrics, transport };
  const following = runAll(
    kept.flatMap((one): Runnable[] => [
      { name: 'cache feed', run: (signal) => one.feed.follow(signal) },
      {
        name: 'compaction',
        run: (signal) =>
          compactRegularly(
            one.store,
            { feed: one.feed, clock, log, intervalMs: options.compactionIntervalMs ?? 5 * 60_000 },
            signal,
          ),
      },
    ]),
    stop.signal,
  );
  shared.parts = await options.parts(inside);
  const { parts } = shared;
  authorizers.push(...(parts.authorizers ?? []));
  observers.push(...(parts.observers ?? []));
  admission.push(...(parts.admission ?? []));
  for (const [name, answer] of parts.answers ?? []) answers.set(name, answer);
  for (const [name, handle] of parts.subresources ?? []) subresources.set(name, handle);
  Object.assign(allocators, parts.allocators);
  const slis = sliMetrics();
  const health = slis.observed(
    healthEndpoints(
      { store, feed, others, clock },
      { stopping: draining.signal, hooks: parts.health ?? [], timeouts: options.storeTimeouts },
    ),
  );
  routes.push(indexRoute(() => router.served, health, options.listedPaths ?? []));
  routes.push(
    healthRoute(health),
    metricsRoute(metrics, {
      refresh: storageSize(
        metrics,
        kept.map((one) => one.store),
      ),
      resettable: options.resettableMetrics ?? false,
    }),
    sliRoute(slis),
  );
  routes.push(...(parts.routes ?? []));

  const background = runAll(parts.background ?? [], stop.signal);
  const gate = options.sendsRetryAfter ? new RetryGate() : undefined;
  const listeners: Listening[] = [];
  const handshakeErrors = metrics.counter('apiserver_tls_handshake_errors_total', {
    help: "Number of requests dropped with 'TLS handshake error from' error",
  });
  const running = Promise.all([following, background]).then(() => undefined);
  return {
    ...inside,
    listen: async (where) => {
      const { browsers } = options;
      const inner: Handler = browsers ? withBrowserHeaders(handler, browsers) : handler;
      const answering = gate ? gate.before(inner) : inner;
      const listening = await listenTls(answering, { ...where, clock, handshakeFailed: () => handshakeErrors.add() });
      listeners.push(listening);
      return listening;
    },
    running,
    close: async ({ delayMs = 0, graceMs = 0 } = {}) => {
      draining.abort();
      if (delayMs > 0) await clock.sleep(delayMs);
      // Who waits for a storage that is away would hold the end up for as long as it is.
      for (const one of kept) {
        one.store.hurry?.(storagePatienceMs);
        one.feed.hurry(storagePatienceMs);
      }
      if (gate && graceMs > 0) await within(gate.close(), graceMs, clock);
      const lastMs = gate ? Math.min(graceMs, lastWordsMs) : graceMs;
      await Promise.all(listeners.map((listening) => listening.close(lastMs)));
      stop.abort();
      await running;
    },
  };
}
