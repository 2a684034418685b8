import type { LabelSelector } from '../meta/v1.gen.ts';
import { goQuote } from '../quote.ts';

export type Labels = Readonly<Record<string, string>>;

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

/** A condition on one label. `values` has one value for comparisons and none for `exists` and `!`. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** Selects objects by their labels: all requirements must hold. */
export interface Selector {
  readonly requirements: readonly LabelRequirement[];
  matches(labels: Labels | undefined): boolean;
  /** The selector as text, which {@link parseSelector} reads back. */
  toString(): string;
}

const noLabels: Labels = {};

/** Gt and Lt compare 64-bit integers; anything else does not match. */
function integerOf(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
}

export function requirementMatches({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const [left, right] = [integerOf(value), integerOf(values[0])];
      if (left === undefined || right === undefined) return false;
      return operator === 'gt' ? left > right : left < right;
    }
  }
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case '!':
      return `!${key}`;
    case 'exists':
      return key;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Upstream keeps the requirements sorted by key. */
export function selectorOf(requirements: readonly LabelRequirement[]): Selector {
  const sorted = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    requirements: sorted,
    matches: (labels = noLabels) => sorted.every((requirement) => requirementMatches(requirement, labels)),
    toString: () => sorted.map(requirementText).join(','),
  };
}

export const everything: Selector = selectorOf([]);

export const nothing: Selector = { requirements: [], matches: () => false, toString: () => '' };

/** The labels that have to be there with just these values, as ReplicationControllers and Services select. */
export function selectorFromLabels(labels: Labels | undefined): Selector {
  const entries = Object.entries(labels ?? noLabels);
  return selectorOf(entries.map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

const operators = new Map<string, LabelOperator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/** From the selector of an object: undefined selects nothing, the empty one everything. Throws on an unknown operator. */
export function selectorFromObject(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return nothing;
  const byLabel = Object.entries(selector.matchLabels ?? noLabels).map(
    ([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] }),
  );
  const byExpression = (selector.matchExpressions ?? []).map(({ key, operator, values }): LabelRequirement => {
    const known = operators.get(operator);
    if (known === undefined) throw new Error(`${goQuote(operator)} is not a valid label selector operator`);
    return { key, operator: known, values: values ?? [] };
  });
  return selectorOf([...byLabel, ...byExpression]);
}

/** The selector of an object as `kubectl get` and `describe` print it; `<none>` for none, `<error>` where it is malformed. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  if (selector?.matchExpressions?.some(({ operator }) => !operators.has(operator))) return '<error>';
  return selectorFromObject(selector).toString() || '<none>';
}
