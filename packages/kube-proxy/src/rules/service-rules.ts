import type { ServicePort } from '../services/service-port.ts';
import type { ProxyNode } from './proxy-node.ts';

/** The tables of iptables in which rules are counted. */
export type CountedTable = 'nat' | 'filter';

/** Whether all rules are written, or those that changed. */
export type SyncExtent = 'full' | 'partial';

/** What a sync did. */
export interface RuleSync {
  readonly extent: SyncExtent;
  /** The length of what was given to the kernel's program; 0: nothing had to be written. */
  readonly bytes: number;
  /** The number of rules now, and the number just written, where upstream has a metric for them. */
  readonly counts?: { readonly [K in 'all' | 'written']: Readonly<Record<CountedTable, number>> };
}

/** The kernel's rules of one address family; there is one implementation per proxy mode. */
export interface ServiceRules {
  /**
   * Makes the rules those for `ports` in one step, writing only what has changed since the last sync; everything with `full`, after a
   * failure, and if a `check` shows that others have deleted something. Rejects with the message of the kernel's program.
   */
  sync(
    ports: readonly ServicePort[],
    node: ProxyNode,
    options: { readonly check: boolean; readonly full: boolean },
  ): Promise<RuleSync>;
  /** Removes everything that this mode has ever written; resolves to whether there was anything. */
  remove(): Promise<boolean>;
}
