import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { conditionProblems } from './flow-schema-validation.ts';
import { mandatoryPriorityLevels } from './mandatory-configuration.ts';
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from './v1.gen.ts';

const maxQueues = 10_000_000;
/** Shuffle sharding takes a hand from this many bits of hash. */
const maxHashBits = 60;
const zeroSharesAnnotation = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';

export function validatePriorityLevelConfiguration(level: PriorityLevelConfiguration): FieldProblem[] {
  const { metadata, spec, status } = level;
  const problems: FieldProblem[] = [];
  if (Object.hasOwn(metadata.annotations ?? {}, zeroSharesAnnotation)) {
    problems.push(forbiddenValue('metadata.annotations', `annotation '${zeroSharesAnnotation}' is forbidden`));
  }
  return [
    ...problems,
    ...specProblems(spec, metadata.name),
    ...fixedProblems(spec, metadata.name),
    ...conditionProblems(status, 'status'),
  ];
}

export function validatePriorityLevelConfigurationStatus({ status }: PriorityLevelConfiguration): FieldProblem[] {
  return [...conditionProblems(status, 'status')];
}

function* fixedProblems(spec: PriorityLevelConfigurationSpec, name: string): Problems {
  const fixed = Object.hasOwn(mandatoryPriorityLevels, name) ? mandatoryPriorityLevels[name] : undefined;
  if (!fixed) return;
  if (name === 'exempt') {
    if (!jsonEqual({ ...fixed, exempt: spec.exempt }, spec))
      yield invalidValue('spec', spec, `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`);
  } else if (!jsonEqual(fixed, spec)) yield invalidValue('spec', spec, `spec of '${name}' must equal the fixed value`);
}

function* specProblems(spec: PriorityLevelConfigurationSpec, name: string): Problems {
  if ((name === 'exempt') !== (spec.type === 'Exempt')) {
    yield invalidValue('spec.type', spec.type, "must be 'Exempt' if and only if `name` is 'exempt'");
  }
  if (spec.type === 'Exempt') {
    if (spec.limited) yield forbiddenValue('spec.limited', 'must be nil if the type is not Limited');
    if (spec.exempt) yield* sharesProblems(spec.exempt, 'spec.exempt');
  } else if (spec.type === 'Limited') {
    if (spec.exempt) yield forbiddenValue('spec.exempt', 'must be nil if the type is Limited');
    if (spec.limited) yield* limitedProblems(spec.limited, 'spec.limited');
    else yield requiredValue('spec.limited', 'must not be empty when type is Limited');
  } else yield unsupportedValue('spec.type', spec.type, ['Exempt', 'Limited']);
}

function* sharesProblems(
  {
    nominalConcurrencyShares: shares,
    lendablePercent,
  }: { nominalConcurrencyShares?: number; lendablePercent?: number },
  path: string,
): Problems {
  if (shares !== undefined && shares < 0) {
    yield invalidValue(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer');
  }
  if (lendablePercent !== undefined && (lendablePercent < 0 || lendablePercent > 100)) {
    yield invalidValue(`${path}.lendablePercent`, lendablePercent, 'must be between 0 and 100, inclusive');
  }
}

function* limitedProblems(limited: LimitedPriorityLevelConfiguration, path: string): Problems {
  const { limitResponse, borrowingLimitPercent } = limited;
  const shares = limited.nominalConcurrencyShares;
  if (shares !== undefined && shares < 0) {
    yield invalidValue(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer');
  }
  yield* responseProblems(limitResponse ?? { type: '' }, `${path}.limitResponse`);
  yield* sharesProblems({ lendablePercent: limited.lendablePercent ?? 0 }, path);
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0) {
    const at = `${path}.borrowingLimitPercent`;
    yield invalidValue(at, borrowingLimitPercent, 'if specified, must be a non-negative integer');
  }
}

function* responseProblems({ type, queuing }: LimitResponse, path: string): Problems {
  if (type === 'Reject') {
    if (queuing) {
      yield forbiddenValue(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited');
    }
  } else if (type === 'Queue') {
    if (queuing) yield* queuingProblems(queuing, `${path}.queuing`);
    else yield requiredValue(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited');
  } else yield unsupportedValue(`${path}.type`, type, ['Queue', 'Reject']);
}

function* queuingProblems(queuing: QueuingConfiguration, path: string): Problems {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing;
  if (queueLengthLimit <= 0) yield invalidValue(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive');
  if (queues <= 0) yield invalidValue(`${path}.queues`, queues, 'must be positive');
  else if (queues > maxQueues) {
    yield invalidValue(`${path}.queues`, queues, `must not be greater than ${maxQueues}`);
  }
  const at = `${path}.handSize`;
  if (handSize <= 0) yield invalidValue(at, handSize, 'must be positive');
  else if (handSize > queues) {
    yield invalidValue(at, handSize, `should not be greater than queues (${queues})`);
  } else if (entropyBits(queues, handSize) > maxHashBits) {
    const detail = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`;
    yield invalidValue(at, handSize, detail);
  }
}

/** The number of bits needed to deal a hand of cards from a deck. */
function entropyBits(deckSize: number, handSize: number): number {
  let bits = 0;
  for (let drawn = 0; drawn < handSize; drawn++) bits += Math.log2(deckSize - drawn);
  return Math.ceil(bits);
}
