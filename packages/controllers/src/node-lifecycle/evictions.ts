import type { EvictionSettings } from '../context/settings.ts';
import { type DisruptionPlan, planDisruption, type ZoneCounts, type ZoneState } from './zones.ts';

interface Zone {
  rate: number;
  /** When the zone's last node was evicted. */
  lastAt: number;
  /** Nodes that wait for their turn, in order of arrival. */
  readonly waiting: Set<string>;
}

interface Seen {
  readonly zone: string;
  readonly ready: boolean;
}

/** A node may be evicted now, or after some time; undefined: not in the zone's present state. */
type Turn = { readonly now: true } | { readonly now: false; readonly afterMs: number | undefined };

/** Decides which nodes are evicted, and how fast. Times in milliseconds, by the caller's clock. */
export class Evictions {
  readonly #settings: EvictionSettings;
  readonly #nodes = new Map<string, Seen>();
  readonly #zones = new Map<string, Zone>();
  readonly #counts = new Map<string, { ready: number; notReady: number }>();
  /** Nodes that had their turn: they need no other one until they are ready again. */
  readonly #granted = new Set<string>();
  #states: ReadonlyMap<string, ZoneState> = new Map();

  constructor(settings: EvictionSettings) {
    this.#settings = settings;
  }

  /** Whether not a single node is ready. */
  get isEverythingDown(): boolean {
    return this.#states.size > 0 && [...this.#states.values()].every((state) => state === 'full');
  }

  /** Records the state of a node. Returns what that changes for others. */
  observe(name: string, seen: Seen): DisruptionPlan {
    const before = this.#nodes.get(name);
    if (before && before.zone !== seen.zone) this.#zones.get(before.zone)?.waiting.delete(name);
    if (seen.ready) this.#leave(name, seen.zone);
    if (before?.zone === seen.zone && before.ready === seen.ready) return { states: this.#states, rates: new Map() };
    this.#nodes.set(name, seen);
    if (before) this.#count(before, -1);
    this.#count(seen, 1);
    return this.#reassess();
  }

  forget(name: string): DisruptionPlan {
    const before = this.#nodes.get(name);
    if (!before) return { states: this.#states, rates: new Map() };
    this.#nodes.delete(name);
    this.#leave(name, before.zone);
    this.#count(before, -1);
    return this.#reassess();
  }

  /** Asks for the turn of a node that is not ready; it stays in line until it gets its turn or is ready. */
  turnOf(name: string, now: number): Turn {
    if (this.#granted.has(name)) return { now: true };
    const zone = this.#zones.get(this.#nodes.get(name)?.zone ?? '');
    if (!zone) return { now: false, afterMs: undefined };
    zone.waiting.add(name);
    const position = [...zone.waiting].indexOf(name);
    if (zone.rate <= 0) return { now: false, afterMs: undefined };
    const interval = 1000 / zone.rate;
    const free = Math.max(now, zone.lastAt + interval);
    if (position > 0 || free > now) return { now: false, afterMs: free - now + position * interval };
    zone.waiting.delete(name);
    zone.lastAt = now;
    this.#granted.add(name);
    return { now: true };
  }

  /** The nodes in line in these zones, or all nodes. */
  waitingIn(zones: Iterable<string>): readonly string[] {
    return [...zones].flatMap((zone) => [...(this.#zones.get(zone)?.waiting ?? [])]);
  }

  names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /** By zone, for metrics. */
  get counts(): ReadonlyMap<string, ZoneCounts> {
    return this.#counts;
  }

  #leave(name: string, zone: string): void {
    this.#zones.get(zone)?.waiting.delete(name);
    this.#granted.delete(name);
  }

  #count({ zone, ready }: Seen, by: 1 | -1): void {
    const counts = this.#counts.get(zone) ?? { ready: 0, notReady: 0 };
    if (ready) counts.ready += by;
    else counts.notReady += by;
    if (counts.ready + counts.notReady === 0) this.#counts.delete(zone);
    else this.#counts.set(zone, counts);
  }

  #reassess(): DisruptionPlan {
    const plan = planDisruption(this.#states, this.#counts, this.#settings);
    this.#states = plan.states;
    for (const name of this.#zones.keys()) if (!plan.states.has(name)) this.#zones.delete(name);
    for (const [name, rate] of plan.rates) {
      const zone = this.#zones.get(name);
      if (zone) zone.rate = rate;
      else this.#zones.set(name, { rate, lastAt: Number.NEGATIVE_INFINITY, waiting: new Set() });
      if (plan.everything === 'entered') this.#zones.get(name)?.waiting.clear();
    }
    if (plan.everything === 'entered') this.#granted.clear();
    return plan;
  }
}
