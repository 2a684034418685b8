import type { Pod, Probe } from '@typernetes/api/core/v1';
import type { Clock, Logger, Random } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import { aborted } from '../lifecycle/aborted.ts';
import type { PodContainer } from '../pod/containers.ts';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { askProbe } from './ask.ts';
import { ProbeDurations } from './probe-durations.ts';
import { afterAnswer, freshState, type ProbeKind, type ProbeState, passedState, probeOf } from './probe-results.ts';
import type { ProbeVerdicts } from './probe-verdicts.ts';

interface ProberDeps {
  readonly runtime: Pick<ContainerRuntime, 'execSync'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: ContainerEvents;
  readonly log: Logger;
  /** A verdict has changed: the pod must be looked at. */
  readonly onChange: (podUid: string) => void;
}

interface Watched {
  readonly pod: Pod;
  readonly container: PodContainer;
  readonly record: ContainerRecord;
  readonly podIp: string;
  readonly states: Map<ProbeKind, ProbeState>;
  readonly counts: Map<ProbeKind, ProbeCounts>;
  readonly durations: Map<ProbeKind, ProbeDurations>;
  readonly stop: AbortController;
  /** The startup probe has succeeded. */
  readonly begun: PromiseWithResolvers<void>;
  /** Its pod is terminating: only the readiness probe continues. */
  ending: boolean;
}

/** How many probes had which result. */
type ProbeCounts = Record<'successful' | 'failed' | 'unknown', number>;

/** The counts of one probe of a running container. */
export interface ProbeSample {
  readonly pod: Pod;
  readonly container: string;
  readonly kind: ProbeKind;
  readonly counts: Readonly<ProbeCounts>;
  readonly durations?: ProbeDurations;
}

/** The last reported state of a container, for a restarted kubelet. */
export interface Reported {
  readonly ready: boolean;
  readonly started: boolean;
}

/** How often a probe that could not run is retried at once. */
const maxTries = 3;

/**
 * A server may listen a moment after its container has started: whoever was asked before is asked again this soon, in milliseconds, instead of a period later. (Upstream asks
 * for the first time when it sees that the container runs, up to a second after its start, and again whenever it makes the status of a pod that is not ready.)
 */
const secondLookMs = 1000;

const kinds = ['startup', 'liveness', 'readiness'] as const;
const titles = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;

/** Probes running containers, each probe in its own loop; liveness and readiness probes wait for the startup probe. */
export class Prober implements ProbeVerdicts {
  readonly #deps: ProberDeps;
  readonly #watched = new Map<string, Watched>();
  #isOver = false;

  constructor(deps: ProberDeps) {
    this.#deps = deps;
  }

  readonly name = 'prober';

  /** Probes until the signal aborts. A pod's worker that is in the middle of a round may still come with containers then: they are not probed. */
  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    this.#isOver = true;
    for (const id of [...this.#watched.keys()]) this.#drop(id);
  }

  /**
   * Probes exactly these running containers of the pod from now on. A container that was reported as ready or started
   * before the kubelet began to watch it keeps that state until its probes say otherwise.
   */
  watch(
    pod: Pod,
    running: readonly { container: PodContainer; record: ContainerRecord; reported?: Reported | undefined }[],
    podIp: string,
  ): void {
    const wanted = new Set(running.map(({ record }) => record.id));
    for (const [id, watched] of this.#watched)
      if (watched.pod.metadata.uid === pod.metadata.uid && !wanted.has(id)) this.#drop(id);
    if (this.#isOver) return;
    for (const { container, record, reported } of running) {
      const present = kinds.filter((kind) => probeOf(container.spec, kind));
      if (present.length === 0 || this.#watched.has(record.id)) continue;
      const states = new Map(present.map((kind) => [kind, firstState(kind, reported)]));
      const watched = {
        pod,
        container,
        record,
        podIp,
        states,
        counts: new Map(),
        durations: new Map(),
        stop: new AbortController(),
        begun: Promise.withResolvers<void>(),
        ending: false,
      };
      this.#watched.set(record.id, watched);
      for (const kind of present) this.#loop(watched, kind);
    }
  }

  /** Stops all probes of the terminating pod except the readiness probes. Upstream: StopLivenessAndStartup. */
  end(pod: Pod): void {
    for (const watched of this.#watched.values())
      if (watched.pod.metadata.uid === pod.metadata.uid) watched.ending = true;
  }

  /** Stops probing the pod. */
  forget(pod: Pod): void {
    this.watch(pod, [], '');
  }

  started(containerId: string): boolean {
    const state = this.#watched.get(containerId)?.states.get('startup');
    return state === undefined || state.outcome === 'success';
  }

  ready(containerId: string): boolean {
    const state = this.#watched.get(containerId)?.states.get('readiness');
    return this.started(containerId) && (state === undefined || state.outcome === 'success');
  }

  failed(containerId: string): 'liveness' | 'startup' | undefined {
    const states = this.#watched.get(containerId)?.states;
    if (states?.get('startup')?.outcome === 'failure') return 'startup';
    return states?.get('liveness')?.outcome === 'failure' ? 'liveness' : undefined;
  }

  /** The probe counts of the running containers. */
  get samples(): readonly ProbeSample[] {
    return [...this.#watched.values()].flatMap(({ pod, container, counts, durations }) =>
      [...counts].map(([kind, own]) => ({
        pod,
        container: container.spec.name,
        kind,
        counts: own,
        durations: durations.get(kind) ?? new ProbeDurations(),
      })),
    );
  }

  #drop(id: string): void {
    this.#watched.get(id)?.stop.abort();
    this.#watched.delete(id);
  }

  #loop(watched: Watched, kind: ProbeKind): void {
    this.#probeForever(watched, kind).catch((error: unknown) => {
      if (watched.stop.signal.aborted) return;
      this.#deps.log.error('Stopped probing', error, { container: watched.container.spec.name, kind });
    });
  }

  async #probeForever(watched: Watched, kind: ProbeKind): Promise<void> {
    const { clock, random } = this.#deps;
    const { signal } = watched.stop;
    if (kind === 'startup' && this.started(watched.record.id)) return;
    const probe = probeOf(watched.container.spec, kind) as Probe;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const delayMs = (probe.initialDelaySeconds ?? 0) * 1000;
    // The start time is in the runtime's wall clock: if the clock was set back since, it may lie in the future, so do
    // not wait for it.
    const dueMs = Math.min(watched.record.startedAt + delayMs - clock.now(), delayMs);
    // After a restart of the kubelet all probes are due at once: spread them.
    const lateMs = clock.now() - watched.record.startedAt;
    await clock.sleep(lateMs > 10_000 ? random.next() * periodMs : Math.max(dueMs, 0), signal);
    if (kind !== 'startup' && !this.started(watched.record.id)) {
      await Promise.race([watched.begun.promise, aborted(signal)]);
      signal.throwIfAborted();
    }
    let due = clock.monotonic();
    for (let asked = 0; kind === 'readiness' || !watched.ending; asked++) {
      await this.#probeOnce(watched, kind, probe);
      const outcome = watched.states.get(kind)?.outcome;
      if (kind === 'startup' && outcome === 'success') return;
      // A container that is about to be ended for it is not asked again.
      if (kind !== 'readiness' && outcome === 'failure') return;
      const isEarly = kind === 'readiness' && asked === 0 && outcome !== 'success';
      // The period is from one question to the next, however long the answer took (upstream: time.Ticker).
      due = Math.max(due + (isEarly ? Math.min(secondLookMs, periodMs) : periodMs), clock.monotonic());
      await clock.sleep(due - clock.monotonic(), signal);
    }
  }

  async #probeOnce(watched: Watched, kind: ProbeKind, probe: Probe): Promise<void> {
    const { events, onChange, runtime, clock } = this.#deps;
    const { pod, container, record, podIp, stop } = watched;
    const target = { container: container.spec, containerId: record.id, podIp };
    const options = { runtime, signal: stop.signal };
    const began = clock.monotonic();
    let answer = await askProbe(target, probe, options);
    for (let tries = 1; answer.result === 'error' && tries < maxTries; tries++)
      answer = await askProbe(target, probe, options);
    if (stop.signal.aborted) return;
    const { result, message } = answer;
    const counts = watched.counts.get(kind) ?? { successful: 0, failed: 0, unknown: 0 };
    counts[result === 'error' ? 'unknown' : result === 'failure' ? 'failed' : 'successful']++;
    watched.counts.set(kind, counts);
    if (result !== 'failure') {
      const durations = watched.durations.get(kind) ?? new ProbeDurations();
      durations.observe((clock.monotonic() - began) / 1000);
      watched.durations.set(kind, durations);
    }
    if (result === 'error') {
      const text = `${titles[kind]} probe errored and resulted in unknown state: ${message}`;
      events.warning(pod, container, 'Unhealthy', text);
      return;
    }
    const before = watched.states.get(kind) ?? freshState;
    const after = afterAnswer(before, result !== 'failure', probe);
    watched.states.set(kind, after);
    if (kind === 'startup' && after.outcome === 'success') watched.begun.resolve();
    if (result === 'failure') events.warning(pod, container, 'Unhealthy', `${titles[kind]} probe failed: ${message}`);
    if (result === 'warning')
      events.warning(pod, container, 'ProbeWarning', `${titles[kind]} probe warning: ${message}`);
    if (after.outcome !== before.outcome) onChange(pod.metadata.uid);
  }
}

function firstState(kind: ProbeKind, reported: Reported | undefined): ProbeState {
  const passed = kind === 'startup' ? reported?.started : kind === 'readiness' && reported?.ready;
  return passed ? passedState : freshState;
}
