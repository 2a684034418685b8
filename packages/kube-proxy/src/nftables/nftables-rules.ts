import { type Clock, type IpFamily, type Logger, messageOf } from '@typernetes/base';
import type { ProxyNode } from '../rules/proxy-node.ts';
import type { RuleSync, ServiceRules } from '../rules/service-rules.ts';
import type { ServicePort } from '../services/service-port.ts';
import type { Nft } from './nft.ts';
import { TablePlanner } from './plan.ts';
import { isServiceChain, type NftTable, tableName } from './table.ts';
import { changeOf, recreationOf, replacementOf, type Transaction } from './transaction.ts';

/** A chain may be deleted this long after the last element that pointed to it: kernels before 6.2 take a moment to notice. Milliseconds. */
const staleAfterMs = 1000;

interface NftablesRulesDeps {
  readonly nft: Nft;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stale chains could not be deleted. */
  readonly onCleanupFailure?: () => void;
}

/** Rules of one address family in a table of nftables (proxy mode `nftables`). */
export class NftablesRules implements ServiceRules {
  readonly #table: string;
  readonly #deps: NftablesRulesDeps;
  readonly #planner = new TablePlanner();
  #applied: NftTable | undefined;
  /** The last replacement was refused: something is in its way. */
  #refused = false;
  /** Empty chains, and since when nothing points to them, by the monotonic clock. */
  #stale = new Map<string, number>();

  constructor(family: IpFamily, deps: NftablesRulesDeps) {
    this.#table = tableName(family);
    this.#deps = deps;
  }

  async sync(
    ports: readonly ServicePort[],
    node: ProxyNode,
    options: { readonly check: boolean; readonly full: boolean },
  ): Promise<RuleSync> {
    await this.#deleteStale();
    const wanted = this.#planner.plan(ports, node);
    const change = await this.#changeTo(wanted, { ...options, isNeeded: ports.length > 0 });
    const extent = this.#applied ? 'partial' : 'full';
    if (change === undefined || change.input === '') return { bytes: 0, extent };
    try {
      await this.#deps.nft.run(change.input);
    } catch (error) {
      this.#applied = undefined;
      this.#refused = extent === 'full';
      throw error;
    }
    this.#refused = false;
    this.#applied = wanted;
    if (extent === 'full') this.#stale.clear();
    this.#retire(change.stale);
    for (const chain of wanted.chains.keys()) this.#stale.delete(chain);
    return { bytes: change.input.length, extent };
  }

  async remove(): Promise<boolean> {
    if ((await this.#deps.nft.existing()) === undefined) return false;
    await this.#deps.nft.run(`delete table ${this.#table}\n`);
    return true;
  }

  /** Undefined: a family without services needs no table. Forgets what is applied if it has to be written anew. */
  async #changeTo(
    wanted: NftTable,
    { check, full, isNeeded }: { readonly check: boolean; readonly full: boolean; readonly isNeeded: boolean },
  ): Promise<Transaction | undefined> {
    if (this.#applied && !check) return changeOf(this.#table, wanted, this.#applied);
    const existing = await this.#deps.nft.existing();
    const applied = this.#applied;
    if (!full && applied && existing && isWhole(applied, existing.chains)) {
      this.#retire(existing.chains.filter((name) => isServiceChain(name) && !applied.chains.has(name)));
      return changeOf(this.#table, wanted, applied);
    }
    this.#applied = undefined;
    if (!existing && !isNeeded) return undefined;
    return this.#refused || existing?.chains.some((name) => !isServiceChain(name) && !wanted.chains.has(name))
      ? recreationOf(this.#table, wanted)
      : replacementOf(this.#table, wanted, existing ?? { chains: [], sets: new Map() });
  }

  /** Empty chains that nothing points to any more. */
  #retire(chains: readonly string[]): void {
    const now = this.#deps.clock.monotonic();
    for (const chain of chains) if (!this.#stale.has(chain)) this.#stale.set(chain, now);
  }

  async #deleteStale(): Promise<void> {
    const { nft, clock, log, onCleanupFailure } = this.#deps;
    const due = [...this.#stale].filter(([, since]) => clock.monotonic() - since >= staleAfterMs);
    if (due.length === 0) return;
    for (const [chain] of due) this.#stale.delete(chain);
    try {
      await nft.run(due.map(([chain]) => `delete chain ${this.#table} ${chain}\n`).join(''));
    } catch (error) {
      // The next check finds them again.
      log.warn('Cannot delete unused chains', { error: messageOf(error), chains: due.length });
      onCleanupFailure?.();
    }
  }
}

/** Whether nobody has deleted chains of ours. */
function isWhole(applied: NftTable, chains: readonly string[]): boolean {
  const there = new Set(chains);
  return [...applied.chains.keys()].every((name) => there.has(name));
}
