import type { PodContainer } from '../pod/containers.ts';

/** When each of a pod's containers has ended: a sidecar waits for the containers proper, and for the sidecars after it. */
export class TerminationOrder {
  readonly #ended = new Map<string, PromiseWithResolvers<void>>();
  readonly #awaited = new Map<string, readonly Promise<void>[]>();

  /** The running containers, in the spec's order. */
  constructor(running: readonly PodContainer[]) {
    for (const { spec } of running) this.#ended.set(spec.name, Promise.withResolvers());
    const waitsFor: Promise<void>[] = running
      .filter(({ kind }) => kind === 'regular')
      .map(({ spec }) => this.#endOf(spec.name));
    for (const { spec } of running.filter(({ kind }) => kind === 'sidecar').reverse()) {
      this.#awaited.set(spec.name, [...waitsFor]);
      waitsFor.push(this.#endOf(spec.name));
    }
  }

  /** Resolves when it is the container's turn to end; undefined when it need not wait. */
  turnOf(name: string): Promise<unknown> | undefined {
    const awaited = this.#awaited.get(name) ?? [];
    return awaited.length > 0 ? Promise.all(awaited) : undefined;
  }

  /** The container has ended, or stopping it was given up. */
  ended(name: string): void {
    this.#ended.get(name)?.resolve();
  }

  #endOf(name: string): Promise<void> {
    return (this.#ended.get(name) as PromiseWithResolvers<void>).promise;
  }
}
