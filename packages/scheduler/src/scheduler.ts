import { setImmediate } from 'node:timers/promises';
import { type Node, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import type { Extender as ExtenderConfig, KubeSchedulerProfile } from '@typernetes/api/kubescheduler.config/v1';
import { type Clock, type Logger, messageOf, type Random, type Runnable } from '@typernetes/base';
import type { ActionRecorder, ApiClient, Informers } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { createMetrics, type Metrics } from '@typernetes/process';
import { type Binding, BindingCycles, type BindingResult } from './binding-cycle.ts';
import { cacheDump, cacheMismatch } from './cache-dump.ts';
import { watchCluster } from './cluster-watch.ts';
import { afterRefusal } from './cycle/after-refusal.ts';
import { EqualPods } from './cycle/equal-pods.ts';
import { fitErrorMessage } from './cycle/fit-error.ts';
import {
  bestNode,
  chooseNode,
  type Found,
  type Search,
  searchNodes,
  totalScores,
  type Unplaced,
} from './cycle/plan.ts';
import { addExtenderScores, type Consultation, filterByExtenders } from './extenders/consult.ts';
import { extenderName } from './extenders/extender.ts';
import { Extenders } from './extenders/extenders.ts';
import type { PluginHandle } from './framework/plugin-handle.ts';
import { noTimer, type PointTimer, pointTimer } from './framework/point-timer.ts';
import type { Profile } from './framework/profile.ts';
import { type SchedulerMetrics, schedulerMetrics } from './metrics.ts';
import { buildProfile } from './options/profile-builder.ts';
import { Nominator } from './queue/nominator.ts';
import { queuePolicy } from './queue/policy.ts';
import { type QueuedPod, SchedulingQueue } from './queue/scheduling-queue.ts';
import { RefusalRecord, type Refused } from './refusal-record.ts';
import { ClusterSnapshot } from './snapshot/cluster-snapshot.ts';

export interface SchedulerDeps {
  readonly client: ApiClient;
  readonly informers: Informers;
  /** The recorder for the events of one profile. */
  readonly events: (schedulerName: string) => ActionRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
}

export interface SchedulerOptions {
  /** Default: one profile, `default-scheduler`, with the default plugins. */
  readonly profiles?: readonly KubeSchedulerProfile[];
  /** 0 adapts to the size of the cluster; a profile's own value takes precedence. */
  readonly percentageOfNodesToScore?: number;
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** How long an unschedulable pod waits at most before it is tried again, in milliseconds; default: five minutes. */
  readonly maxUnschedulableMs?: number;
  readonly extenders?: readonly ExtenderConfig[];
}

/** How long decisions are made in a row before the event loop gets its turn, in milliseconds. */
const turnMs = 8;

/**
 * Assigns pods to nodes. Decisions are made one after the other, on a snapshot that informer events keep current; the bindings
 * are written in the background, so that a slow API server does not delay decisions.
 */
export class Scheduler implements Runnable {
  readonly name = 'scheduler';
  readonly #deps: SchedulerDeps;
  readonly #options: SchedulerOptions;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #snapshot = new ClusterSnapshot();
  readonly #nominator = new Nominator();
  readonly #queue: SchedulingQueue;
  readonly #extenders: Extenders;
  readonly #cycles: BindingCycles;
  readonly #metrics: SchedulerMetrics;
  readonly #record: RefusalRecord;
  readonly #timers: ReadonlyMap<Profile, PointTimer>;
  readonly #equalPods: ReadonlyMap<Profile, EqualPods>;
  readonly #pending = new Set<Promise<void>>();
  /** How many bindings are in progress. */
  #binding = 0;
  #startAt = 0;
  #synced = false;

  constructor(options: SchedulerOptions, deps: SchedulerDeps) {
    this.#deps = deps;
    this.#options = options;
    const metrics = deps.metrics ?? createMetrics();
    this.#metrics = schedulerMetrics(metrics);
    metrics.beforeRender(() => this.#collect());
    this.#record = new RefusalRecord(deps);
    this.#extenders = new Extenders(options.extenders ?? [], { ...deps, snapshot: this.#snapshot });
    this.#cycles = new BindingCycles(
      (placed, scope) => this.#extenders.bind(placed, scope),
      deps.metrics && ((since, status) => this.#metrics.permitWait.observe(this.#secondsSince(since), [status])),
    );
    const profiles = (options.profiles?.length ? options.profiles : [{}]).map((profile) => {
      const schedulerName = profile.schedulerName || 'default-scheduler';
      return buildProfile(this.#extenders.relieve(profile), this.#handle(schedulerName));
    });
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    this.#equalPods = new Map(profiles.map((profile) => [profile, new EqualPods(profile)]));
    const { extensionPointDuration } = this.#metrics;
    this.#timers = new Map(
      deps.metrics
        ? profiles.map((profile) => [
            profile,
            pointTimer(deps.clock, (seconds, [point, status]) =>
              extensionPointDuration.observe(seconds, [point, profile.schedulerName, status]),
            ),
          ])
        : [],
    );
    this.#queue = new SchedulingQueue({
      clock: deps.clock,
      policy: queuePolicy(this.#profiles, this.#extenders.plugins),
      ...(options.initialBackoffMs === undefined ? {} : { initialBackoffMs: options.initialBackoffMs }),
      ...(options.maxBackoffMs === undefined ? {} : { maxBackoffMs: options.maxBackoffMs }),
      ...(options.maxUnschedulableMs === undefined ? {} : { maxUnschedulableMs: options.maxUnschedulableMs }),
      incoming: (place, event) => this.#metrics.incoming.add([event, place]),
    });
  }

  /** Whether the informers have synced, so that decisions are made. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Whether pods are being scheduled or bound: then other events may wait. */
  get isBusy(): boolean {
    return this.#pending.size > 0 || this.#queue.count('active') > 0;
  }

  /** Logs the snapshot and the queue, and where they differ from the informers (upstream: cache debugger, on SIGUSR2). */
  dump(): void {
    const { informers, log } = this.#deps;
    const waiting = [...this.#queue.waiting()];
    const sight = { nodes: this.#snapshot.nodes, nominations: this.#nominator, waiting };
    const { nodes: nodesText, ...queued } = cacheDump(sight);
    log.info('Dump of cached NodeInfo', { nodes: nodesText });
    log.info('Dump of scheduling queue', queued);
    const mismatch = cacheMismatch(sight, {
      nodes: informers.for<Node>(nodes).lister.list(),
      pods: informers.for<Pod>(pods).lister.list(),
      isOurs: this.#isOurs,
    });
    const { missedNodes, redundantNodes, missedPods, redundantPods } = mismatch;
    if (missedNodes.length + redundantNodes.length > 0) log.info('Cache mismatch', { missedNodes, redundantNodes });
    if (missedPods.length + redundantPods.length > 0) log.info('Cache mismatch', { missedPods, redundantPods });
  }

  readonly #isOurs = ({ spec }: Pod): boolean => this.#profiles.has(spec.schedulerName ?? '');

  async run(signal: AbortSignal): Promise<void> {
    const { informers } = this.#deps;
    const [snapshot, queue, nominator] = [this.#snapshot, this.#queue, this.#nominator];
    const stopWatching = watchCluster(informers, { snapshot, queue, nominator, isOurs: this.#isOurs });
    signal.addEventListener('abort', () => queue.close(), { once: true });
    try {
      await informers.untilSynced(signal);
      this.#synced = true;
      for (let next = await queue.take(); next && !signal.aborted; next = await queue.take()) {
        await this.#turn(next, signal);
      }
    } finally {
      stopWatching();
      queue.close();
      await Promise.all(this.#pending);
    }
  }

  /** Schedules pods until the turn is over or none is ready. */
  async #turn(first: QueuedPod, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const startedAt = clock.monotonic();
    for (let next: QueuedPod | undefined = first; next && !signal.aborted; next = this.#queue.takeNow()) {
      const pending = this.#schedule(next, signal);
      if (pending) await pending;
      if (clock.monotonic() - startedAt >= turnMs) break;
    }
    await setImmediate();
  }

  /** Schedules one pod. Synchronous, unless an extender has to be asked or a plugin waits. */
  #schedule(queued: QueuedPod, signal: AbortSignal): void | Promise<void> {
    const { pod } = queued;
    const profile = this.#profiles.get(pod.spec.schedulerName ?? '');
    if (!profile) return this.#queue.done(pod.metadata.uid);
    const timer = this.#timers.get(profile) ?? noTimer;
    const attempt: Attempt = { queued, profile, timer, startedAt: this.#deps.clock.monotonic() };
    let search: Search;
    try {
      const { percentageOfNodesToScore } = this.#options;
      search = searchNodes(pod, this.#snapshot, {
        profile,
        nominations: this.#nominator,
        startAt: this.#startAt,
        ...(percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore }),
        pick: this.#pick,
        timer,
        equalPods: this.#equalPods.get(profile),
      });
    } catch (error) {
      return this.#fail(attempt, error, signal);
    }
    if (!search.feasible) return this.#refuse(attempt, search, signal);
    const { evaluated, cycle } = search;
    this.#startAt = (this.#startAt + evaluated) % Math.max(1, this.#snapshot.nodes.length);
    const extenders = this.#extenders.concerned(pod);
    if (extenders.length > 0) {
      const consultation = { extenders, log: this.#deps.log, signal };
      return this.#consult(attempt, search, consultation).catch((error: unknown) => this.#fail(attempt, error, signal));
    }
    const node = bestNode(search, { profile, timer, pick: this.#pick });
    this.#place(attempt, { placed: { pod, node }, profile, cycle, timer }, signal);
  }

  /** Lets extenders filter and score the feasible nodes. */
  async #consult(attempt: Attempt, search: Found, consultation: Consultation): Promise<void> {
    const { queued, profile, timer } = attempt;
    const { pod } = queued;
    const { cycle, diagnosis } = search;
    const { feasible, refusals } = await filterByExtenders(pod, search.feasible, consultation);
    if (feasible.length === 0) {
      const all = { ...diagnosis, refusals: new Map([...diagnosis.refusals, ...refusals]) };
      const refusedBy = new Set([...search.refusedBy, extenderName]);
      return this.#refuse(attempt, { cycle, diagnosis: all, refusedBy }, consultation.signal);
    }
    const totals = feasible.length === 1 ? [0] : totalScores(cycle, feasible, profile, timer);
    if (feasible.length > 1) await addExtenderScores(totals, pod, feasible, consultation);
    this.#place(
      attempt,
      { placed: { pod, node: chooseNode(feasible, totals, this.#pick) }, profile, cycle, timer },
      consultation.signal,
    );
  }

  readonly #pick = (count: number): number => Math.floor(this.#deps.random.next() * count);

  /** Assumes the pod on its node and starts to bind it. */
  #place(attempt: Attempt, binding: Binding, signal: AbortSignal): void {
    const { pod, node } = binding.placed;
    this.#snapshot.assume(pod, node.name);
    const reserved = this.#cycles.reserve(binding);
    this.#metrics.algorithmDuration.observe(this.#secondsSince(attempt.startedAt));
    if (reserved) {
      this.#finish(attempt, binding, { bound: false, ...reserved }, signal);
      return;
    }
    this.#binding++;
    this.#inBackground(
      this.#cycles.run(binding, signal).then((result) => {
        this.#binding--;
        if (!result.bound) this.#cycles.unreserve(binding);
        this.#finish(attempt, binding, result, signal);
      }),
    );
  }

  #finish(attempt: Attempt, { placed, profile }: Binding, result: BindingResult, signal: AbortSignal): void {
    const { pod, node } = placed;
    const { uid, name, namespace } = pod.metadata;
    if (result.bound) {
      this.#queue.done(uid);
      this.#nominator.withdraw(uid);
      this.#count(attempt, 'scheduled');
      const { queued } = attempt;
      this.#metrics.podAttempts.observe(queued.attempts);
      if (queued.flushed) this.#metrics.scheduledAfterFlush.add();
      const seconds = (this.#deps.clock.monotonic() - queued.since) / 1000;
      this.#metrics.podDuration.observe(seconds, [queued.attempts > 15 ? '16+' : String(queued.attempts)]);
      this.#recordEvent(pod, profile, {
        type: 'Normal',
        reason: 'Scheduled',
        action: 'Binding',
        note: `Successfully assigned ${namespace}/${name} to ${node.name}`,
      });
      return;
    }
    const released = this.#snapshot.forget(uid);
    if (signal.aborted) return;
    if ('error' in result) this.#fail(attempt, result.error, signal);
    else {
      this.#queue.park(uid, new Set([result.by]));
      this.#count(attempt, 'unschedulable');
      const message = result.refusal.reasons.join(', ');
      this.#recordRefusal(pod, profile, { reason: 'Unschedulable', message }, signal);
    }
    // The resources assumed for it are free for other pods.
    if (released) this.#queue.wake({ resource: 'AssignedPod', action: 'delete', object: pod });
  }

  #refuse(attempt: Attempt, { cycle, diagnosis, refusedBy }: Unplaced, signal: AbortSignal): void | Promise<void> {
    const { queued, profile, timer } = attempt;
    const { pod } = queued;
    if (diagnosis.total === 0) {
      this.#refused(
        attempt,
        { refusedBy, reason: 'Unschedulable', message: 'no nodes available to schedule pods' },
        signal,
      );
      return;
    }
    const startedAt = timer.begin();
    const settle = (more: string, nominate: string | undefined): void => {
      timer.end('PostFilter', startedAt, nominate ? 'Success' : 'Unschedulable');
      const message = fitErrorMessage(diagnosis, more);
      const nomination = nominate === undefined ? {} : { nominate };
      this.#refused(attempt, { refusedBy, reason: 'Unschedulable', message, ...nomination }, signal);
    };
    const result = afterRefusal(profile.at.postFilter, {
      pod,
      cluster: this.#snapshot,
      refusals: diagnosis.refusals,
      nominatedNode: this.#nominator.nodeOf(pod.metadata.uid) ?? pod.status?.nominatedNodeName,
      prepared: (plugin) => cycle.preparedBy(plugin),
      asked: (plugin) => cycle.asked(plugin),
      tryOut: (node) => cycle.tryOut(node),
      trialsOn: (node) => cycle.trialsOn(node),
    });
    if (!(result instanceof Promise)) return settle(result.message, result.nominate);
    return result.then(
      ({ message, nominate }) => settle(message, nominate),
      (error: unknown) => this.#fail(attempt, error, signal),
    );
  }

  #refused(
    attempt: Attempt,
    refused: Refused & { readonly refusedBy: ReadonlySet<string> },
    signal: AbortSignal,
  ): void {
    const { queued, profile } = attempt;
    const { pod } = queued;
    const { refusedBy, nominate } = refused;
    if (nominate) this.#nominator.nominate(pod, nominate);
    else if (nominate === '') this.#nominator.withdraw(pod.metadata.uid);
    // There are no nodes, so no plugin has refused: any new node may do.
    this.#queue.park(pod.metadata.uid, refusedBy.size > 0 ? refusedBy : new Set(['NodeName']));
    this.#count(attempt, 'unschedulable');
    this.#recordRefusal(pod, profile, refused, signal);
  }

  #fail(attempt: Attempt, error: unknown, signal: AbortSignal): void {
    const { queued, profile } = attempt;
    const { pod } = queued;
    this.#count(attempt, 'error');
    if (isNotFound(error)) {
      this.#queue.done(pod.metadata.uid);
      return;
    }
    this.#deps.log.error('Cannot schedule pod', error, { pod: nameOf(pod) });
    this.#queue.retry(pod.metadata.uid);
    this.#recordRefusal(pod, profile, { reason: 'SchedulerError', message: messageOf(error) }, signal);
  }

  #recordRefusal(pod: Pod, profile: Profile, refused: Refused, signal: AbortSignal): void {
    this.#deps.log.debug('Unable to schedule pod', { pod: nameOf(pod), reason: refused.message });
    const note = refused.message;
    this.#recordEvent(pod, profile, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note });
    this.#inBackground(this.#record.write(pod, refused, signal));
  }

  #recordEvent(
    { metadata }: Pod,
    { schedulerName }: Profile,
    event: {
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly action: string;
      readonly note: string;
    },
  ): void {
    const target = { apiVersion: 'v1', kind: 'Pod', metadata };
    this.#deps.events(schedulerName).event(target, event.type, event.reason, event.note, { action: event.action });
  }

  #count({ profile, startedAt }: Attempt, result: 'scheduled' | 'unschedulable' | 'error'): void {
    const labels = [profile.schedulerName, result];
    this.#metrics.attempts.add(labels);
    this.#metrics.attemptDuration.observe(this.#secondsSince(startedAt), labels);
  }

  #collect(): void {
    for (const place of ['active', 'backoff', 'unschedulable', 'gated'] as const)
      this.#metrics.pending.set(this.#queue.count(place), [place]);
    this.#metrics.binding.set(this.#binding, ['binding']);
    this.#metrics.inflightEvents.clear();
    for (const [event, count] of this.#queue.inflight()) this.#metrics.inflightEvents.set(count, [event]);
    const { nodes, pods, assumedPods } = this.#snapshot.size;
    this.#metrics.cacheSize.set(nodes, ['nodes']);
    this.#metrics.cacheSize.set(pods, ['pods']);
    this.#metrics.cacheSize.set(assumedPods, ['assumed_pods']);
    const counts = new Map<string, { readonly labels: string[]; count: number }>();
    for (const { at, schedulerName } of this.#profiles.values())
      for (const { name } of at.filter)
        counts.set(`${name}/${schedulerName}`, { labels: [name, schedulerName], count: 0 });
    for (const { pod, refusedBy } of this.#queue.parked()) {
      for (const plugin of refusedBy) {
        const key = `${plugin}/${pod.spec.schedulerName}`;
        const entry = counts.get(key) ?? { labels: [plugin, pod.spec.schedulerName ?? ''], count: 0 };
        entry.count++;
        counts.set(key, entry);
      }
    }
    for (const { labels, count } of counts.values()) this.#metrics.unschedulable.set(count, labels);
  }

  #secondsSince(startedAt: number): number {
    return (this.#deps.clock.monotonic() - startedAt) / 1000;
  }

  #inBackground(work: Promise<void>): void {
    const pending = work.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  #handle(schedulerName: string): PluginHandle {
    const { client, informers, events, clock, random, log } = this.#deps;
    return {
      client,
      informers,
      events: events(schedulerName),
      clock,
      random,
      log,
      nominatedOn: (node) => this.#nominator.on(node),
      withdrawNomination: (pod) => this.#nominator.withdraw(pod.metadata.uid),
      activate: (uid) => this.#queue.activate(uid),
      ungate: (uid, plugin) => this.#queue.ungate(uid, plugin),
      reject: (uid, reason) => this.#cycles.reject(uid, reason),
      vetCandidates: (pod, candidates) => this.#extenders.vet(pod, candidates),
      preempted: (victims) => this.#metrics.preemptionVictims.observe(victims),
      madeRoom: (seconds, result) => {
        this.#metrics.preemptions.add([result]);
        this.#metrics.preemptionDuration.observe(seconds, [result]);
      },
      preemptionTried: () => this.#metrics.preemptionAttempts.add(),
    };
  }
}

interface Attempt {
  readonly queued: QueuedPod;
  readonly profile: Profile;
  readonly timer: PointTimer;
  /** By the monotonic clock. */
  readonly startedAt: number;
}

const nameOf = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;
