/** Facts about a pod that only its node knows. */
export interface PodFacts {
  readonly nodeName: string;
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
  readonly allocatable: { readonly cpu: string; readonly memory: string; readonly 'ephemeral-storage': string };
}
