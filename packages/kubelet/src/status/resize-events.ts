import type { Container, Pod } from '@typernetes/api/core/v1';
import type { ContainerEvents } from './container-events.ts';
import type { ResizeSight } from './resize-conditions.ts';

/** Emits events about the progress of a pod's resizes: once for each step. */
export class ResizeEvents {
  readonly #events: ContainerEvents;
  #pending = '';
  #failure: string | undefined;
  #inProgress = false;

  constructor(events: ContainerEvents) {
    this.#events = events;
  }

  /** `asked` is the pod with the resources that it asks for, `given` with those that it has or is to get now. */
  see(asked: Pod, given: Pod, { pending, inProgress, failure }: ResizeSight): void {
    const waits = pending ? `${pending.reason} ${pending.message}` : '';
    if (pending && waits !== this.#pending)
      this.#events.warning(
        asked,
        undefined,
        `Resize${pending.reason}`,
        `Pod resize ${pending.reason}: ${summary(asked, pending.message)}`,
      );
    this.#pending = waits;
    if (inProgress && !this.#inProgress)
      this.#events.normal(given, undefined, 'ResizeStarted', `Pod resize started: ${summary(given)}`);
    if (failure !== undefined && failure !== this.#failure)
      this.#events.warning(given, undefined, 'ResizeError', `Pod resize error: ${summary(given, failure)}`);
    if (!inProgress && this.#inProgress)
      this.#events.normal(given, undefined, 'ResizeCompleted', `Pod resize completed: ${summary(given)}`);
    this.#inProgress = inProgress;
    this.#failure = failure;
  }
}

/** The requested or actual resources, as JSON. */
function summary({ spec, metadata }: Pod, error?: string): string {
  const of = ({ name, resources = {} }: Container) => {
    const { limits, requests } = resources;
    return { name, resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) } };
  };
  return JSON.stringify({
    ...(spec?.resources ? { resources: spec.resources } : {}),
    ...(spec?.initContainers ? { initContainers: spec.initContainers.map(of) } : {}),
    containers: (spec?.containers ?? []).map(of),
    generation: metadata.generation ?? 0,
    ...(error === undefined ? {} : { error }),
  });
}
