import type { ProxyNode } from '../rules/proxy-node.ts';
import type { CountedTable, RuleSync, ServiceRules } from '../rules/service-rules.ts';
import type { ServicePort } from '../services/service-port.ts';
import type { PacketFilter } from './iptables.ts';
import { RulePlanner } from './plan.ts';
import { type Ruleset, restoreInput, type TableRules } from './ruleset.ts';

/** Rules of one address family in the tables of iptables (proxy mode `iptables`). */
export class IptablesRules implements ServiceRules {
  readonly #packetFilter: PacketFilter;
  readonly #planner = new RulePlanner();
  #applied: Ruleset | undefined;
  /** Whether services had rules after the last sync. */
  #hadServices = false;

  constructor(packetFilter: PacketFilter) {
    this.#packetFilter = packetFilter;
  }

  async sync(
    ports: readonly ServicePort[],
    node: ProxyNode,
    options: { readonly check: boolean; readonly full: boolean },
  ): Promise<RuleSync> {
    const filter = this.#packetFilter;
    const applied = await this.#stillApplied(options);
    const extent = applied ? 'partial' : 'full';
    this.#applied = undefined;
    let leftovers: Ruleset | undefined;
    if (!applied) {
      const existing = await filter.existingChains();
      // An address family without services needs no rules, unless old ones must be removed.
      if (ports.length === 0 && !this.#hadServices && existing.nat.length + existing.filter.length === 0)
        return { bytes: 0, extent };
      await filter.ensureJumps();
      leftovers = leftoversOf(existing);
    }
    const wanted = this.#planner.plan(ports, node);
    const input = restoreInput(wanted, applied ?? leftovers);
    if (input !== undefined) await filter.restore(input);
    this.#applied = wanted;
    this.#hadServices = ports.length > 0;
    const all = { nat: ruleCount(wanted.nat), filter: ruleCount(wanted.filter) };
    return { bytes: input?.length ?? 0, extent, counts: { all, written: writtenRules(input ?? '') } };
  }

  remove(): Promise<boolean> {
    return this.#packetFilter.remove();
  }

  /** The rules that the kernel has; undefined: it is not known, or all are to be written. */
  async #stillApplied({
    check,
    full,
  }: {
    readonly check: boolean;
    readonly full: boolean;
  }): Promise<Ruleset | undefined> {
    const applied = this.#applied;
    if (full || !applied || (check && !(await this.#packetFilter.holds(applied)))) return undefined;
    return applied;
  }
}

const ruleCount = ({ chains }: TableRules): number =>
  [...chains.values()].reduce((count, rules) => count + rules.length, 0);

/** The number of rules per table in the input of iptables-restore. */
function writtenRules(input: string): Record<CountedTable, number> {
  const counts = { nat: 0, filter: 0 };
  let table: CountedTable = 'filter';
  for (const line of input.split('\n')) {
    if (line === '*nat' || line === '*filter') table = line.slice(1) as CountedTable;
    else if (line.startsWith('-A ')) counts[table]++;
  }
  return counts;
}

/** Chains left by an earlier run: their rules are unknown, so wanted chains are rewritten and the rest removed. */
function leftoversOf(existing: Readonly<Record<CountedTable, readonly string[]>>): Ruleset {
  const table = (names: readonly string[]) => ({ chains: new Map(names.map((name) => [name, ['']])) });
  return { nat: table(existing.nat), filter: table(existing.filter) };
}
