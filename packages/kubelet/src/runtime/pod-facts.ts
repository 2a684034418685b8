/** What of a pod is known only to its node. */
export interface PodFacts {
  readonly nodeName: string;
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
  readonly allocatable: { readonly cpu: string; readonly memory: string; readonly 'ephemeral-storage': string };
}
