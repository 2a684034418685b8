import type { Selector } from '@typernetes/machinery';
import type { ZoneOptions } from './zone.ts';

/** The options of the `kubernetes` plugin in a Corefile. */
export interface KubernetesSettings {
  readonly zones: readonly string[];
  readonly pods: ZoneOptions['pods'];
  readonly podNames: boolean;
  /** Seconds. */
  readonly ttl: number;
  readonly fallthrough: readonly string[];
  readonly endpoints: boolean;
  /** The visible namespaces; all if none is named. */
  readonly namespaces: readonly string[];
  readonly labels: Selector | undefined;
  /** Whether services without endpoints are hidden. */
  readonly ignoreEmptyServices: boolean;
}
