import { type FieldProblem, invalidValue, qualifiedNameProblems, requiredValue } from '@typernetes/machinery';
import { type Problems, required, wellFormed } from '../meta/field-checks.ts';
import type { LeaseCandidate } from './v1beta1.gen.ts';

const version = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Upstream: ValidateLeaseCandidateSpec. */
export function validateLeaseCandidate({ spec }: LeaseCandidate): FieldProblem[] {
  return [...specProblems(spec ?? {})];
}

function* specProblems(spec: Partial<LeaseCandidate['spec']>): Problems {
  const { leaseName, emulationVersion, binaryVersion, strategy } = spec;
  yield* required(leaseName, 'spec.leaseName');
  const [emulated, binary] = [numbersOf(emulationVersion), numbersOf(binaryVersion)];
  if (emulationVersion && !emulated) {
    yield invalidValue('spec.emulationVersion', emulationVersion, 'must be a valid semantic version');
  }
  if (!binaryVersion) yield requiredValue('spec.binaryVersion');
  else if (!binary) yield invalidValue('spec.binaryVersion', binaryVersion, 'must be a valid semantic version');
  if (emulated && binary && isLess(binary, emulated)) {
    yield invalidValue('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`');
  }
  yield* required(strategy, 'spec.strategy');
  if (strategy && strategy !== 'OldestEmulationVersion') {
    yield* wellFormed(strategy, { at: 'spec.strategy', by: qualifiedNameProblems });
  }
  if (strategy === 'OldestEmulationVersion' && !emulationVersion) {
    const detail = "must be specified when `strategy` is 'OldestEmulationVersion'";
    yield requiredValue('spec.emulationVersion', detail);
  }
}

function numbersOf(text = ''): readonly number[] | undefined {
  return version.exec(text)?.slice(1, 4).map(Number);
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const i = one.findIndex((number, i) => number !== other[i]);
  return i >= 0 && (one[i] ?? 0) < (other[i] ?? 0);
}
