import type { Pod, Probe } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf, type Random } from '@typernetes/base';
import { type ContainerRuntime, runtimeCodeOf } from '@typernetes/cri';
import { aborted } from '../lifecycle/aborted.ts';
import type { PodContainer } from '../pod/containers.ts';
import type { ProbeVerdicts } from '../pod-worker/plan.ts';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { httpAction, portNumber, tcpAction } from './actions.ts';
import { afterAnswer, freshState, type ProbeKind, type ProbeState, probeOf } from './probe-results.ts';

export interface ProberDeps {
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
  readonly stop: AbortController;
}

interface Answer {
  readonly passed: boolean | undefined;
  readonly message: string;
}

const kinds = ['startup', 'liveness', 'readiness'] as const;
const titles = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;

/** Probes running containers, each probe in a loop of its own; liveness and readiness wait for the startup probe. */
export class Prober implements ProbeVerdicts {
  readonly #deps: ProberDeps;
  readonly #watched = new Map<string, Watched>();

  constructor(deps: ProberDeps) {
    this.#deps = deps;
  }

  readonly name = 'prober';

  /** Probes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    for (const id of [...this.#watched.keys()]) this.#drop(id);
  }

  /** Probes exactly these running containers of the pod from now on. */
  watch(pod: Pod, running: readonly { container: PodContainer; record: ContainerRecord }[], podIp: string): void {
    const wanted = new Set(running.map(({ record }) => record.id));
    for (const [id, watched] of this.#watched)
      if (watched.pod.metadata.uid === pod.metadata.uid && !wanted.has(id)) this.#drop(id);
    for (const { container, record } of running) {
      const present = kinds.filter((kind) => probeOf(container.spec, kind));
      if (present.length === 0 || this.#watched.has(record.id)) continue;
      const states = new Map<ProbeKind, ProbeState>(present.map((kind) => [kind, freshState]));
      const watched = { pod, container, record, podIp, states, stop: new AbortController() };
      this.#watched.set(record.id, watched);
      for (const kind of present) this.#loop(watched, kind);
    }
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
    const probe = probeOf(watched.container.spec, kind) as Probe;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const dueMs = watched.record.startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    // After a restart of the kubelet all probes are due at once: spread them.
    const lateMs = clock.now() - watched.record.startedAt;
    await clock.sleep(lateMs > 10_000 ? random.next() * periodMs : Math.max(dueMs, 0), signal);
    for (;;) {
      if (kind === 'startup' || this.started(watched.record.id)) {
        await this.#probeOnce(watched, kind, probe);
        if (kind === 'startup' && this.started(watched.record.id)) return;
        // A container that is about to be ended for it is not asked again.
        if (kind !== 'readiness' && watched.states.get(kind)?.outcome === 'failure') return;
        await clock.sleep(periodMs, signal);
      } else {
        await clock.sleep(Math.min(periodMs, 1000), signal);
      }
    }
  }

  async #probeOnce(watched: Watched, kind: ProbeKind, probe: Probe): Promise<void> {
    const answer = await this.#ask(watched, probe);
    if (watched.stop.signal.aborted) return;
    if (answer.passed === undefined) {
      const message = `${titles[kind]} probe errored and resulted in unknown state: ${answer.message}`;
      this.#deps.events.warning(watched.pod, watched.container, 'Unhealthy', message);
      return;
    }
    const before = watched.states.get(kind) ?? freshState;
    const after = afterAnswer(before, answer.passed, probe);
    watched.states.set(kind, after);
    if (!answer.passed) {
      const message = `${titles[kind]} probe failed: ${answer.message}`;
      this.#deps.events.warning(watched.pod, watched.container, 'Unhealthy', message);
    }
    if (after.outcome !== before.outcome) this.#deps.onChange(watched.pod.metadata.uid);
  }

  /** The probe's answer; without a verdict when it could not be asked at all, which counts for nothing. */
  async #ask(watched: Watched, probe: Probe): Promise<Answer> {
    const { spec } = watched.container;
    const { podIp } = watched;
    const { signal } = watched.stop;
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
    try {
      if (probe.httpGet) {
        const { status, body } = await httpAction(spec, probe.httpGet, { podIp, timeoutMs, signal });
        const passed = status >= 200 && status < 400;
        return { passed, message: passed ? body : `HTTP probe failed with statuscode: ${status}` };
      }
      if (probe.tcpSocket) {
        const port = portNumber(spec, probe.tcpSocket.port);
        await tcpAction({ host: probe.tcpSocket.host || podIp, port, timeoutMs, signal });
        return { passed: true, message: '' };
      }
      if (probe.exec) return await this.#exec(watched, probe.exec.command ?? [], timeoutMs);
      throw new Error(`missing probe handler for ${watched.pod.metadata.name}:${spec.name}`);
    } catch (error) {
      return { passed: false, message: messageOf(error) };
    }
  }

  async #exec(watched: Watched, cmd: readonly string[], timeoutMs: number): Promise<Answer> {
    try {
      const { exitCode, stdout, stderr } = await this.#deps.runtime.execSync(
        { containerId: watched.record.id, cmd, timeoutSeconds: timeoutMs / 1000 },
        { signal: watched.stop.signal },
      );
      return { passed: exitCode === 0, message: Buffer.concat([stdout, stderr]).toString().slice(0, 10_240) };
    } catch (error) {
      if (runtimeCodeOf(error) !== 'DeadlineExceeded') return { passed: undefined, message: messageOf(error) };
      return { passed: false, message: `command timed out: "${cmd.join(' ')}" timed out after ${timeoutMs / 1000}s` };
    }
  }
}
