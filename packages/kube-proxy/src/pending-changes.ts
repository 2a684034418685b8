import type { EndpointSlice } from '@typernetes/api/discovery/v1';

const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Changes since the last sync, for the metrics. */
export class PendingChanges {
  readonly #since: number;
  readonly #services = new Set<string>();
  readonly #endpoints = new Set<string>();
  #triggers: number[] = [];

  /** Changes before `since` (milliseconds since the epoch) do not count: this process was not running. */
  constructor(since: number) {
    this.#since = since;
  }

  get services(): number {
    return this.#services.size;
  }

  /** The number of services whose endpoints changed. */
  get endpoints(): number {
    return this.#endpoints.size;
  }

  service(key: string): void {
    this.#services.add(key);
  }

  slice(service: string, { metadata }: EndpointSlice): void {
    this.#endpoints.add(service);
    const at = Date.parse(metadata.annotations?.[triggerAnnotation] ?? '');
    if (at > this.#since) this.#triggers.push(at);
  }

  /** All changes are applied now. Returns the times at which they were made. */
  settle(): readonly number[] {
    const triggers = this.#triggers;
    this.#services.clear();
    this.#endpoints.clear();
    this.#triggers = [];
    return triggers;
  }
}
