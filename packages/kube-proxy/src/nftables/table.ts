import type { IpFamily } from '@typernetes/base';

/** A chain with its rules, in order. */
export interface Chain {
  /** For chains that the kernel calls by itself: where, as `type nat hook prerouting priority -100`. */
  readonly hook?: string;
  readonly comment?: string;
  readonly rules: readonly string[];
}

/** A set or a map of addresses and ports. */
export interface Container {
  readonly kind: 'set' | 'map';
  /** What stands between its braces, as `type ipv4_addr ; comment "…" ;`. */
  readonly definition: string;
  /**
   * The value of each key; a key of a set has the value `''`. Undefined: the kernel fills the set by itself, and its elements are
   * its own.
   */
  readonly elements: ReadonlyMap<string, Element> | undefined;
}

export interface Element {
  /** The verdict that a map has for the key; `''` in a set. */
  readonly verdict: string;
  readonly comment?: string;
}

/** All that kube-proxy has in the kernel in nftables mode: one table, in which names need no prefix. */
export interface NftTable {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly containers: ReadonlyMap<string, Container>;
}

/** The table of a family as nft names it. */
export const tableName = (family: IpFamily): string => `${family === 'IPv4' ? 'ip' : 'ip6'} kube-proxy`;

/** Whether a chain belongs to a Service or an endpoint: only their names have a slash. */
export const isServiceChain = (name: string): boolean => name.includes('/');

/** Names of the sets in which the kernel keeps which client has which backend begin so. */
export const affinityPrefix = 'affinity-';
