import type { Difference } from './difference.ts';

interface Expectation {
  readonly reason: string;
  is(difference: Difference): boolean;
}

/** What sixteen releases explain. A rule that no longer explains anything is to be removed. */
const expectations: readonly Expectation[] = [];

/** Why a difference is expected; undefined where it is not. */
export const expectedReason = (difference: Difference): string | undefined =>
  expectations.find((expectation) => expectation.is(difference))?.reason;
