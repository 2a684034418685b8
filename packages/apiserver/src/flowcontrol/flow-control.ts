import {
  type FlowSchema,
  flowschemas,
  type PriorityLevelConfiguration,
  prioritylevelconfigurations,
} from '@typernetes/api/flowcontrol/v1';
import type { Clock, Runnable } from '@typernetes/base';
import type { Informers } from '@typernetes/client';
import type { UserInfo } from '../identity/user-info.ts';
import { timeLimitOf } from '../request/deadline.ts';
import type { RequestInfo } from '../request/request-info.ts';
import { adjustedSeats, seatBounds, smoothedDemand } from './concurrency-limits.ts';
import { mandatoryLevels, mandatorySchemas } from './default-objects.ts';
import type { FlowMetrics } from './flow-metrics.ts';
import { type Matcher, matcherOf } from './matching.ts';
import { PriorityLevel, type Refusal, type RequestQueue, type Waiting } from './priority-level.ts';
import { requestWidth } from './request-width.ts';
import { flowHash } from './shuffle-sharding.ts';

/** The response headers that name the schema and level of the request. */
interface FlowHeaders {
  readonly 'x-kubernetes-pf-flowschema-uid': string;
  readonly 'x-kubernetes-pf-prioritylevel-uid': string;
}

/** Whether a request was admitted, and what goes with that. */
export interface Admittance {
  /** Undefined: it may go on, and `leave` is called once when it is answered. */
  readonly refusal?: Refusal;
  /** If it was refused: when to retry. Undefined: after a second. */
  readonly retryAfterSeconds?: number;
  /** For the response, in either case; undefined if requests are not classified. */
  readonly headers: FlowHeaders | undefined;
  leave(): void;
}

interface FlowRequest {
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly query: URLSearchParams;
  /** Its signal is created on demand, by the few requests that wait. */
  readonly received: { readonly signal: AbortSignal };
}

/** Admits requests; the returned promise of a request that has to wait resolves when it may proceed. */
export interface FlowControl {
  enter(request: FlowRequest): Admittance | Promise<Admittance>;
}

/** A flow schema, prepared for matching. */
interface Flow {
  readonly name: string;
  readonly matches: Matcher;
  readonly level: PriorityLevel;
  readonly by: string;
  readonly headers: FlowHeaders;
}

const adjustmentMs = 10_000;

/**
 * Priority and fairness: the first matching flow schema assigns a request its priority level, whose seats limit how
 * many are served at once. Follows its configuration objects in the server's own caches and re-reads them before the
 * first request after a change.
 */
export class PriorityAndFairness implements FlowControl {
  readonly #schemas: { list(): readonly FlowSchema[] };
  readonly #configurations: { list(): readonly PriorityLevelConfiguration[] };
  readonly #clock: Clock;
  readonly #metrics: FlowMetrics;
  readonly #serverSeats: number;
  readonly #countOf: (info: RequestInfo) => number;
  #flows: readonly Flow[] = [];
  #levels = new Map<string, PriorityLevel>();
  #isStale = true;

  constructor(
    informers: Pick<Informers, 'for'>,
    options: {
      readonly serverSeats: number;
      /** The number of objects of the request's resource. */
      readonly countOf: (info: RequestInfo) => number;
      readonly clock: Clock;
      readonly metrics: FlowMetrics;
    },
  ) {
    const { serverSeats, clock, metrics } = options;
    this.#countOf = options.countOf;
    const [schemas, configurations] = [informers.for(flowschemas), informers.for(prioritylevelconfigurations)];
    this.#schemas = schemas.lister;
    this.#configurations = configurations.lister;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#serverSeats = serverSeats;
    const stale = (): void => {
      this.#isStale = true;
    };
    for (const informer of [schemas, configurations])
      informer.onEvent({ added: stale, updated: stale, deleted: stale });
    metrics.collectFrom(() => this.levels);
  }

  get levels(): readonly PriorityLevel[] {
    if (this.#isStale) this.#configure();
    return [...this.#levels.values()];
  }

  /** Lends idle seats to levels that lack them, every ten seconds. */
  get adjustment(): Runnable {
    return {
      name: 'priority and fairness',
      run: async (signal) => {
        for (;;) {
          await this.#clock.sleep(adjustmentMs, signal);
          this.adjust();
        }
      },
    };
  }

  enter(request: FlowRequest): Admittance | Promise<Admittance> {
    if (this.#isStale) this.#configure();
    const flow = this.#flowOf(request.info, request.user);
    const { level } = flow;
    const asked = requestWidth(request.info, request.query, this.#countOf);
    const width = Math.min(asked, Math.max(level.limit, 1));
    return level.tryStart(width)
      ? this.#started(flow, width, request.info.verb === 'watch')
      : this.#wait(flow, width, request);
  }

  #flowOf(info: RequestInfo, user: UserInfo): Flow {
    for (const flow of this.#flows) if (flow.matches(info, user)) return flow;
    // A user may be in neither of these groups; the catch-all schema takes whatever is left.
    return this.#flows.at(-1) as Flow;
  }

  #started(flow: Flow, width: number, isWatch: boolean): Admittance {
    const startedAt = this.#clock.monotonic();
    this.#metrics.started(flow, { width });
    return {
      headers: flow.headers,
      leave: () => {
        flow.level.release(width);
        this.#metrics.ended(flow, { width, isWatch, tookMs: this.#clock.monotonic() - startedAt });
      },
    };
  }

  #wait(flow: Flow, width: number, request: FlowRequest): Admittance | Promise<Admittance> {
    const { info, user, query } = request;
    const { signal } = request.received;
    const { level } = flow;
    // The rest of its time is for serving it.
    const patienceMs = timeLimitOf(query) / 4;
    const distinguisher = flow.by === 'ByUser' ? user.username : flow.by === 'ByNamespace' ? info.namespace : '';
    const arrivedAt = this.#clock.now();
    const refused = (refusal: Refusal): Admittance => {
      if (refusal === 'time-out') level.counts.timedOut++;
      else if (refusal === 'cancelled') level.counts.cancelled++;
      else level.counts.rejected++;
      this.#metrics.refused(flow, refusal, place && { width, ms: this.#clock.monotonic() - waitedFrom });
      level.retryAdvice.refused(this.#clock.now());
      return { refusal, retryAfterSeconds: level.retryAdvice.seconds, headers: flow.headers, leave: () => {} };
    };
    const waitedFrom = this.#clock.monotonic();
    const turn = Promise.withResolvers<Admittance>();
    let place: RequestQueue | undefined;
    const waiting: Waiting = {
      width,
      arrivedAt,
      schema: flow.name,
      distinguisher,
      about: { info, user },
      start: () => {
        settle();
        const startedAt = this.#clock.monotonic();
        this.#metrics.started(flow, { width, waitedMs: startedAt - waitedFrom });
        turn.resolve({
          headers: flow.headers,
          leave: () => {
            level.release(width, place && { queue: place, startedAt });
            const isWatch = info.verb === 'watch';
            this.#metrics.ended(flow, { width, isWatch, tookMs: this.#clock.monotonic() - startedAt });
          },
        });
      },
    };
    const giveUp = (why: Refusal): void => {
      settle();
      if (place && level.withdraw(waiting, place)) turn.resolve(refused(why));
    };
    const onAbort = (): void => giveUp('cancelled');
    const cancelTimer = this.#clock.after(patienceMs, () => giveUp('time-out'));
    const settle = (): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    };
    const queued = level.enqueue(waiting, flowHash(flow.name, distinguisher));
    if (typeof queued === 'string') {
      settle();
      return refused(queued);
    }
    place = queued;
    signal.addEventListener('abort', onAbort, { once: true });
    this.#metrics.queued(flow, { width, length: queued.waiting.length });
    level.dispatch();
    return turn.promise;
  }

  adjust(): void {
    const levels = this.levels.filter(({ exempt, quiescing }) => !exempt && !quiescing);
    const demands = levels.map((level) => {
      level.smoothedDemand = smoothedDemand(level.smoothedDemand, level.highestDemand);
      return { ...level.bounds, highest: level.highestDemand, smoothed: level.smoothedDemand };
    });
    const seats = adjustedSeats(demands, this.#serverSeats);
    levels.forEach((level, i) => {
      level.limit = seats[i] ?? level.limit;
      level.highestDemand = level.seatsInUse + level.waitingSeats;
      level.dispatch();
    });
  }

  #configure(): void {
    this.#isStale = false;
    const configurations = withMandatory(this.#configurations.list(), mandatoryLevels as PriorityLevelConfiguration[]);
    const bounds = seatBounds(
      configurations.map(({ spec }) => spec),
      this.#serverSeats,
    );
    const levels = new Map<string, PriorityLevel>();
    configurations.forEach(({ metadata, spec }, i) => {
      const { name, uid = '' } = metadata;
      const level = this.#levels.get(name) ?? new PriorityLevel(name, this.#clock);
      level.configure(spec, { uid, bounds: bounds[i] as (typeof bounds)[number] });
      levels.set(name, level);
    });
    for (const [name, level] of this.#levels) {
      if (levels.has(name) || (level.executing === 0 && level.waiting === 0)) continue;
      level.quiescing = true;
      levels.set(name, level);
    }
    this.#levels = levels;
    this.#flows = withMandatory(this.#schemas.list(), mandatorySchemas as FlowSchema[])
      .sort((a, b) => precedenceOf(a) - precedenceOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap((schema) => flowOf(schema, levels));
  }
}

const precedenceOf = ({ spec }: FlowSchema): number => spec.matchingPrecedence ?? 1000;

/** A schema that leads nowhere is passed over. */
function flowOf(schema: FlowSchema, levels: ReadonlyMap<string, PriorityLevel>): Flow[] {
  const { metadata, spec } = schema;
  const level = levels.get(spec.priorityLevelConfiguration.name);
  if (!level || level.quiescing) return [];
  return [
    {
      name: metadata.name,
      matches: matcherOf(schema),
      level,
      by: spec.distinguisherMethod?.type ?? '',
      headers: {
        'x-kubernetes-pf-flowschema-uid': metadata.uid ?? '',
        'x-kubernetes-pf-prioritylevel-uid': level.uid,
      },
    },
  ];
}

/** The stored objects, with the mandatory ones in their required form: only their metadata comes from the store. */
function withMandatory<T extends { metadata: { name: string; uid: string }; spec: object }>(
  stored: readonly T[],
  mandatory: readonly T[],
): T[] {
  const fixed = mandatory.map((one) => {
    const found = stored.find(({ metadata }) => metadata.name === one.metadata.name);
    return found ? { ...found, spec: { ...one.spec, ...ownExempt(found.spec) } } : one;
  });
  const names = new Set(fixed.map(({ metadata }) => metadata.name));
  return [...stored.filter(({ metadata }) => !names.has(metadata.name)), ...fixed];
}

/** The part of a mandatory object that administrators may change. */
function ownExempt(spec: object): object {
  return 'exempt' in spec && spec.exempt ? { exempt: spec.exempt } : {};
}
