/** A part of a template: literal text, or the contents of a pair of braces. */
export type Part = { readonly kind: 'text'; readonly text: string } | Action;

/** Steps in succession, each applied to the results of the one before. */
export interface Action {
  readonly kind: 'action';
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'literal'; readonly value: boolean | NumberLiteral }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'deep' }
  | { readonly kind: 'slice'; readonly slice: Slice }
  | { readonly kind: 'union'; readonly actions: readonly Action[] }
  | { readonly kind: 'filter'; readonly left: Action; readonly operator: string; readonly right: Action }
  /** `range`, `end`, or a word that means nothing. */
  | { readonly kind: 'word'; readonly word: string };

/** `[from:to:step]`; a single index is a slice of one. */
export interface Slice {
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Whether `to` was not written: the index of -1 ends where the list does. */
  readonly single: boolean;
  readonly step: number | undefined;
}

/** A number that a template names: 1 and 1.0 are not of the same kind. */
export class NumberLiteral {
  readonly kind: 'int' | 'float';
  readonly value: number;
  constructor(kind: 'int' | 'float', value: number) {
    this.kind = kind;
    this.value = value;
  }
}
