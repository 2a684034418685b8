import type { Labels } from '@typernetes/machinery';
import type { EvictionSettings } from '../context/settings.ts';

/** The health of a zone: all of its nodes are silent or not ready, many of them, or few. */
export type ZoneState = 'initial' | 'normal' | 'partial' | 'full';

export interface ZoneCounts {
  readonly ready: number;
  readonly notReady: number;
}

export function zoneOf(labels: Labels = {}): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  // Upstream's separator, which neither can hold.
  return region || zone ? `${region}:\u0000:${zone}` : '';
}

export function zoneStateOf({ ready, notReady }: ZoneCounts, unhealthyZoneThreshold: number): ZoneState {
  if (ready === 0 && notReady > 0) return 'full';
  return notReady > 2 && notReady / (notReady + ready) >= unhealthyZoneThreshold ? 'partial' : 'normal';
}

/** How the zones' rates change with the nodes' health. */
export interface DisruptionPlan {
  readonly states: ReadonlyMap<string, ZoneState>;
  /** The new rates of the zones whose rate changes: nodes per second. */
  readonly rates: ReadonlyMap<string, number>;
  /**
   * `entered`: no node of the cluster is ready, so the fault is more likely on our side: no node is evicted, and
   * evicting taints are removed. `left`: the first node is back, and all others get a new grace period.
   */
  readonly everything?: 'entered' | 'left';
}

export function planDisruption(
  before: ReadonlyMap<string, ZoneState>,
  zones: ReadonlyMap<string, ZoneCounts>,
  settings: EvictionSettings,
): DisruptionPlan {
  const states = new Map<string, ZoneState>();
  for (const [zone, counts] of zones) states.set(zone, zoneStateOf(counts, settings.unhealthyZoneThreshold));
  const areAll = [...states.values()].every((state) => state === 'full');
  const wereAll = [...before.values()].every((state) => state === 'full');
  if (areAll && wereAll && before.size > 0) return { states, rates: new Map() };
  if (areAll) return { states, rates: new Map([...zones.keys()].map((zone) => [zone, 0])), everything: 'entered' };
  const changed = [...zones].filter(([zone]) => wereAll || before.get(zone) !== states.get(zone));
  const rates = new Map(changed.map(([zone, counts]) => [zone, rateOf(states.get(zone), counts, settings)]));
  return { states, rates, ...(wereAll && before.size > 0 ? { everything: 'left' } : {}) };
}

function rateOf(state: ZoneState | undefined, { ready, notReady }: ZoneCounts, settings: EvictionSettings): number {
  // A zone without a single ready node, while others have some, has really failed: its pods are moved.
  if (state !== 'partial') return settings.rate;
  return ready + notReady > settings.largeClusterThreshold ? settings.secondaryRate : 0;
}
