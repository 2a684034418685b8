import type { Pod } from '@typernetes/api/core/v1';
import type { Cycle } from './cycle/cycle.ts';
import type { Placed, SchedulerPlugin } from './framework/plugin.ts';
import { noTimer, type PointStatus, type PointTimer } from './framework/point-timer.ts';
import type { Profile } from './framework/profile.ts';
import type { Refusal } from './framework/verdict.ts';
import { Slots } from './slots.ts';

/** A pod on its way to its node: decided and assumed there, not yet bound. */
export interface Binding {
  readonly placed: Placed;
  readonly profile: Profile;
  readonly cycle: Cycle;
  readonly timer?: PointTimer;
}

/** The result of binding. */
export type BindingResult =
  | { readonly bound: true }
  | { readonly bound: false; readonly refusal: Refusal; readonly by: string }
  | { readonly bound: false; readonly error: unknown };

/** Called before the plugins: true if an extender has bound the pod, undefined at once if none binds it. */
type BindElsewhere = (placed: Placed, signal: AbortSignal) => Promise<boolean> | undefined;

const maxRequests = 64;

/** Takes pods from the decision to the binding, beside the decisions about others. */
export class BindingCycles {
  readonly #bindElsewhere: BindElsewhere | undefined;
  readonly #permitWaited: ((startedAt: number, status: PointStatus) => void) | undefined;
  readonly #slots = new Slots(maxRequests);
  /** Bindings that can still be cancelled: they wait for a permit or for volumes. */
  readonly #waiting = new Map<string, AbortController>();

  /** `permitWaited` is called after waiting for a plugin's permit, with the result. */
  constructor(bindElsewhere?: BindElsewhere, permitWaited?: (startedAt: number, status: PointStatus) => void) {
    this.#bindElsewhere = bindElsewhere;
    this.#permitWaited = permitWaited;
  }

  /** Reserves what the pod needs; undone when a plugin refuses. */
  reserve(binding: Binding): { readonly refusal: Refusal; readonly by: string } | undefined {
    const { profile, placed, cycle, timer = noTimer } = binding;
    const startedAt = timer.begin();
    for (const plugin of profile.at.reserve) {
      const refusal = plugin.reserve?.(placed, cycle.prepared(plugin));
      if (!refusal) continue;
      timer.end('Reserve', startedAt, 'Unschedulable');
      this.unreserve(binding);
      return { refusal, by: plugin.name };
    }
    timer.end('Reserve', startedAt);
    return undefined;
  }

  unreserve({ profile, placed, cycle, timer = noTimer }: Binding): void {
    const startedAt = timer.begin();
    for (const plugin of profile.at.reserve.toReversed()) plugin.unreserve?.(placed, cycle.prepared(plugin));
    timer.end('Unreserve', startedAt);
  }

  /** Calls a pod back that has not been bound yet. */
  reject(uid: string, reason: string): boolean {
    const waiting = this.#waiting.get(uid);
    waiting?.abort(new Rejection(reason));
    return waiting !== undefined;
  }

  /** Waits for permits and for what has to be done before, then binds. Never throws. */
  async run(binding: Binding, signal: AbortSignal): Promise<BindingResult> {
    const { profile, placed, cycle, timer = noTimer } = binding;
    let [point, startedAt] = ['Permit', timer.begin()];
    try {
      const hasWork = (plugin: SchedulerPlugin): boolean =>
        plugin.preBindPreFlight?.(placed, cycle.prepared(plugin)) ?? true;
      const steps = [
        { point: 'Permit', plugins: profile.at.permit, act: callPermit },
        { point: 'PreBind', plugins: profile.at.preBind.filter(hasWork), act: callPreBind },
      ];
      for (const step of steps) {
        [point, startedAt] = [step.point, timer.begin()];
        for (const plugin of step.plugins) {
          const pending = this.#interruptible(placed.pod, signal, (scope) =>
            step.act(plugin, { placed, cycle, scope }),
          );
          const refusal = pending && (await pending);
          if (pending && point === 'Permit') this.#permitWaited?.(startedAt, refusal ? 'Unschedulable' : 'Success');
          if (!refusal) continue;
          timer.end(point, startedAt, 'Unschedulable');
          return { bound: false, refusal, by: plugin.name };
        }
        timer.end(point, startedAt);
      }
      [point, startedAt] = ['Bind', timer.begin()];
      await this.#bind(profile.at.bind, placed, signal);
      timer.end(point, startedAt);
      for (const plugin of profile.at.postBind) plugin.postBind?.(placed);
      return { bound: true };
    } catch (error) {
      timer.end(point, startedAt, 'Error');
      if (error instanceof Rejection) return { bound: false, refusal: error.refusal, by: 'DefaultPreemption' };
      return { bound: false, error };
    }
  }

  async #bind(plugins: readonly SchedulerPlugin[], placed: Placed, signal: AbortSignal): Promise<void> {
    if (await this.#bindElsewhere?.(placed, signal)) return;
    for (const plugin of plugins) {
      const bound = await this.#slots.use(async () => {
        const pending = plugin.bind?.(placed, signal);
        if (!pending) return false;
        await pending;
        return true;
      });
      if (bound) return;
    }
    throw new Error('no plugin has bound the pod');
  }

  #interruptible(
    pod: Pod,
    signal: AbortSignal,
    act: (scope: AbortSignal) => Promise<Refusal | undefined> | undefined,
  ): Promise<Refusal | undefined> | undefined {
    const stop = new AbortController();
    const pending = act(AbortSignal.any([signal, stop.signal]));
    if (!pending) return undefined;
    const { uid } = pod.metadata;
    this.#waiting.set(uid, stop);
    return pending.finally(() => this.#waiting.delete(uid));
  }
}

interface Step {
  readonly placed: Placed;
  readonly cycle: Cycle;
  readonly scope: AbortSignal;
}

function callPermit(plugin: SchedulerPlugin, { placed, scope }: Step): Promise<Refusal | undefined> | undefined {
  const permit = plugin.permit?.(placed, scope);
  return permit && Promise.resolve(permit);
}

function callPreBind(
  plugin: SchedulerPlugin,
  { placed, cycle, scope }: Step,
): Promise<Refusal | undefined> | undefined {
  return plugin.preBind?.(placed, cycle.prepared(plugin), scope);
}

class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly refusal: Refusal;

  constructor(reason: string) {
    super(reason);
    this.refusal = { ok: false, reasons: [reason], resolvable: true };
  }
}
