import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  type LabelSelector,
  labelNameProblems,
  labelValueProblems,
  qualifiedNameProblems,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type {
  Affinity,
  NodeAffinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from './v1.gen.ts';

/** Upstream's message shows its internal type. */
const shown = ({ key = '', operator, value = '', effect, tolerationSeconds }: Toleration) => ({
  Key: key,
  Operator: operator ?? '',
  Value: value,
  Effect: effect ?? '',
  TolerationSeconds: tolerationSeconds ?? null,
});

export function* tolerationProblems(tolerations: readonly Toleration[] | undefined, at: string): Problems {
  for (const [i, toleration] of (tolerations ?? []).entries()) {
    const { key, operator, value, effect, tolerationSeconds } = toleration;
    const path = `${at}[${i}]`;
    if (key) for (const detail of qualifiedNameProblems(key)) yield invalidValue(`${path}.key`, key, detail);
    if (!key && operator !== 'Exists') {
      const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      yield invalidValue(`${path}.operator`, operator ?? '', detail);
    }
    if (tolerationSeconds != null && effect !== 'NoExecute') {
      yield invalidValue(`${path}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (!operator || operator === 'Equal') {
      const details = labelValueProblems(value ?? '');
      if (details.length > 0) yield invalidValue(`${path}.operator`, value, details.join(';'));
    } else if (operator === 'Exists') {
      if (value)
        yield invalidValue(`${path}.operator`, shown(toleration), "value must be empty when `operator` is 'Exists'");
    } else if (operator === 'Gt' || operator === 'Lt') {
      // The gate TaintTolerationComparisonOperators decides whether these operators exist.
      for (const detail of decimalProblems(value ?? '')) yield invalidValue(`${path}.value`, value ?? '', detail);
    } else yield* oneOf(operator, { at: `${path}.operator`, of: ['Equal', 'Exists'] });
    yield* oneOf(effect, { at: `${path}.effect`, of: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] });
  }
}

/** Upstream: `content.IsDecimalInteger`. */
function decimalProblems(text: string): string[] {
  if (text === '') return ['must be non-empty'];
  return /^(?:0|-?[1-9]\d*)$/.test(text) ? [] : ['must be a valid decimal integer in canonical form'];
}

export function* affinityProblems(affinity: Affinity | undefined, at: string): Problems {
  if (!affinity) return;
  if (affinity.nodeAffinity) yield* nodeAffinityProblems(affinity.nodeAffinity, `${at}.nodeAffinity`);
  if (affinity.podAffinity) yield* podAffinityProblems(affinity.podAffinity, `${at}.podAffinity`);
  if (affinity.podAntiAffinity) yield* podAffinityProblems(affinity.podAntiAffinity, `${at}.podAntiAffinity`);
}

function* nodeAffinityProblems(affinity: NodeAffinity, at: string): Problems {
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  if (required) {
    const path = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    yield* nodeSelectorTermsProblems(required.nodeSelectorTerms, path);
  }
  for (const [i, preferred] of (affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const path = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    yield* weightProblems(preferred.weight, `${path}.weight`);
    yield* nodeSelectorTermProblems(preferred.preference, `${path}.preference`);
  }
}

export function* nodeSelectorTermsProblems(terms: readonly NodeSelectorTerm[] | undefined, at: string): Problems {
  if (!terms?.length) yield requiredValue(at, 'must have at least one node selector term');
  for (const [i, term] of (terms ?? []).entries()) yield* nodeSelectorTermProblems(term, `${at}[${i}]`);
}

function* nodeSelectorTermProblems(term: NodeSelectorTerm, at: string): Problems {
  for (const [i, expression] of (term.matchExpressions ?? []).entries()) {
    yield* expressionProblems(expression, `${at}.matchExpressions[${i}]`);
  }
  for (const [i, { key, operator, values = [] }] of (term.matchFields ?? []).entries()) {
    const path = `${at}.matchFields[${i}]`;
    if (operator !== 'In' && operator !== 'NotIn') {
      yield invalidValue(`${path}.operator`, operator, 'not a valid selector operator');
    } else if (values.length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      yield requiredValue(`${path}.values`, detail);
    }
    if (key !== 'metadata.name') yield invalidValue(`${path}.key`, key, 'not a valid field selector key');
  }
}

function* expressionProblems({ key, operator, values = [] }: NodeSelectorRequirement, at: string): Problems {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        yield requiredValue(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        yield forbiddenValue(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        yield requiredValue(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      }
      break;
    default:
      yield invalidValue(`${at}.operator`, operator, 'not a valid selector operator');
  }
  for (const detail of qualifiedNameProblems(key)) yield invalidValue(`${at}.key`, key, detail);
  for (const [i, value] of values.entries()) {
    for (const detail of labelValueProblems(value)) yield invalidValue(`${at}.values[${i}]`, value, detail);
  }
}

function* podAffinityProblems(affinity: PodAffinity, at: string): Problems {
  for (const [i, term] of (affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    yield* podAffinityTermProblems(term, `${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`);
  }
  for (const [i, { weight, podAffinityTerm }] of (
    affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
  ).entries()) {
    const path = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    yield* weightProblems(weight, `${path}.weight`);
    yield* podAffinityTermProblems(podAffinityTerm, `${path}.podAffinityTerm`);
  }
}

function* podAffinityTermProblems(term: PodAffinityTerm, at: string): Problems {
  yield* labelSelectorProblems(term.labelSelector, `${at}.labelSelector`);
  yield* labelSelectorProblems(term.namespaceSelector, `${at}.namespaceSelector`);
  for (const name of term.namespaces ?? []) {
    for (const detail of labelNameProblems(name)) yield invalidValue(`${at}.namespace`, name, detail);
  }
  yield* topologyKeyProblems(term.topologyKey, `${at}.topologyKey`);
  for (const field of ['matchLabelKeys', 'mismatchLabelKeys'] as const)
    yield* labelKeyProblems(term[field], term.labelSelector, `${at}.${field}`);
  yield* repeatedKeyProblems(term.matchLabelKeys, term.labelSelector, at);
  for (const [i, key] of (term.matchLabelKeys ?? []).entries())
    if (term.mismatchLabelKeys?.includes(key))
      yield invalidValue(`${at}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys');
}

function* labelKeyProblems(
  keys: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  at: string,
): Problems {
  if (!keys?.length) return;
  if (!selector) {
    yield forbiddenValue(at, 'must not be specified when labelSelector is not set');
    return;
  }
  for (const [i, key] of keys.entries())
    for (const detail of qualifiedNameProblems(key)) yield invalidValue(`${at}[${i}]`, key, detail);
}

/**
 * Labels that matchLabelKeys merge into a selector must not be in it already. In a pod they have been merged once by
 * now, so a second occurrence came from the writer. Upstream's path lacks the field.
 */
function* repeatedKeyProblems(
  keys: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  at: string,
): Problems {
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = keys?.lastIndexOf(key) ?? -1;
    if (i >= 0 && seen.has(key)) yield invalidValue(`${at}[${i}]`, key, repeated);
    seen.add(key);
  }
}

const repeated = 'exists in both matchLabelKeys and labelSelector';

function* topologyKeyProblems(key: string, at: string): Problems {
  if (!key) yield requiredValue(at, 'can not be empty');
  else for (const detail of qualifiedNameProblems(key)) yield invalidValue(at, key, detail);
}

function* weightProblems(weight: number, at: string): Problems {
  if (!(weight >= 1 && weight <= 100)) yield invalidValue(at, weight ?? 0, 'must be in the range 1-100');
}

const scheduleActions: readonly string[] = ['DoNotSchedule', 'ScheduleAnyway'];

export function* spreadProblems(constraints: readonly TopologySpreadConstraint[] | undefined, at: string): Problems {
  const seen = new Set<string>();
  for (const [i, constraint] of (constraints ?? []).entries()) {
    const path = `${at}[${i}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    if (!(maxSkew > 0)) yield invalidValue(`${path}.maxSkew`, maxSkew ?? 0, 'must be greater than zero');
    yield* topologyKeyProblems(topologyKey, `${path}.topologyKey`);
    if (!scheduleActions.includes(whenUnsatisfiable))
      yield unsupportedValue(`${path}.whenUnsatisfiable`, whenUnsatisfiable ?? '', scheduleActions);
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) yield duplicateValue(`${path}.{topologyKey, whenUnsatisfiable}`, pair);
    seen.add(pair);
    if (minDomains != null) {
      if (minDomains <= 0) yield invalidValue(`${path}.minDomains`, minDomains, 'must be greater than zero');
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
        yield invalidValue(`${path}.minDomains`, minDomains, detail);
      }
    }
    yield* oneOf(constraint.nodeAffinityPolicy, { at: `${path}.nodeAffinityPolicy`, of: ['Honor', 'Ignore'] });
    yield* oneOf(constraint.nodeTaintsPolicy, { at: `${path}.nodeTaintsPolicy`, of: ['Honor', 'Ignore'] });
    yield* labelSelectorProblems(constraint.labelSelector, `${path}.labelSelector`);
    yield* labelKeyProblems(constraint.matchLabelKeys, constraint.labelSelector, `${path}.matchLabelKeys`);
    yield* repeatedKeyProblems(constraint.matchLabelKeys, constraint.labelSelector, path);
  }
}
