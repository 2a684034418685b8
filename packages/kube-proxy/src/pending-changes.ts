import type { EndpointSlice } from '@typernetes/api/discovery/v1';

const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

/** What has changed since the last sync, for those who look at metrics. */
export class PendingChanges {
  readonly #since: number;
  readonly #services = new Set<string>();
  readonly #endpoints = new Set<string>();
  #triggers: number[] = [];

  /** What came about before `since` (milliseconds since the epoch) was no matter of this process. */
  constructor(since: number) {
    this.#since = since;
  }

  get services(): number {
    return this.#services.size;
  }

  /** Of so many services. */
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

  /** All of it is in line now. Returns when what was told of by then came about. */
  settle(): readonly number[] {
    const triggers = this.#triggers;
    this.#services.clear();
    this.#endpoints.clear();
    this.#triggers = [];
    return triggers;
  }
}
