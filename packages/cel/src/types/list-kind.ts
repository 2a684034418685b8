/** How a list is compared and joined: as a set or by the keys of its items; without a kind, by position. */
export type ListKind = { readonly type: 'set' } | { readonly type: 'map'; readonly keys: readonly string[] };
