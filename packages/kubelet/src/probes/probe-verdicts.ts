/** What probes say about a running container. */
export interface ProbeVerdicts {
  /** A liveness or startup probe has failed for good: the container must be restarted. */
  failed(containerId: string): 'liveness' | 'startup' | undefined;
  /** The startup probe has succeeded, or there is none. */
  started(containerId: string): boolean;
}
