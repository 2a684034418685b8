import { invalidValue, requiredValue, tooLong, tooMany } from '@typernetes/machinery';
import { notNegative, type Problems } from '../meta/field-checks.ts';
import { countOf, readIndexes } from './completion-indexes.ts';
import type { JobSpec } from './v1.gen.ts';

const maxRules = 20;
const maxIndexesBytes = 64 * 1024;

/** Rules for the success policy of an indexed job. Upstream: validateSuccessPolicy. */
export function* successPolicyProblems({ successPolicy, completionMode, completions }: JobSpec, at: string): Problems {
  // Only indexed jobs may have one; another rule of the spec says so.
  if (completionMode !== 'Indexed') return;
  const rules = successPolicy?.rules ?? [];
  if (rules.length === 0) {
    yield requiredValue(`${at}.rules`, 'at least one rules must be specified when the successPolicy is specified');
  }
  if (rules.length > maxRules) yield tooMany(`${at}.rules`, rules.length, maxRules);
  for (const [i, { succeededCount, succeededIndexes }] of rules.entries()) {
    const path = `${at}.rules[${i}]`;
    if (succeededCount == null && succeededIndexes == null) {
      yield requiredValue(path, 'at least one of succeededCount or succeededIndexes must be specified');
    }
    let indexes: number | undefined;
    if (succeededIndexes != null) {
      if (succeededIndexes.length > maxIndexesBytes) yield tooLong(`${path}.succeededIndexes`, maxIndexesBytes);
      const runs = readIndexes(succeededIndexes, completions ?? 0);
      if (typeof runs === 'string') {
        yield invalidValue(`${path}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${runs}`);
      } else indexes = countOf(runs);
    }
    if (succeededCount == null) continue;
    yield* notNegative(succeededCount, `${path}.succeededCount`);
    if (completions != null && succeededCount > completions) {
      const detail = `must be less than or equal to ${completions} (the number of specified completions)`;
      yield invalidValue(`${path}.succeededCount`, succeededCount, detail);
    }
    if (indexes !== undefined && succeededCount > indexes) {
      const detail = `must be less than or equal to ${indexes} (the number of indexes in the specified succeededIndexes field)`;
      yield invalidValue(`${path}.succeededCount`, succeededCount, detail);
    }
  }
}
