import { addresses } from '../library/addresses.ts';
import { authorization } from '../library/authorizer.ts';
import { comprehensions } from '../library/comprehensions.ts';
import { namedFormats } from '../library/formats.ts';
import { listExtensions, lists } from '../library/lists.ts';
import { lazyOptionals, optionals } from '../library/optionals.ts';
import { quantities } from '../library/quantity.ts';
import { regexSearches } from '../library/regex.ts';
import { semvers } from '../library/semver.ts';
import { sets } from '../library/sets.ts';
import { strings } from '../library/strings.ts';
import { urls } from '../library/urls.ts';
import { createEnvironment } from './environment.ts';

/**
 * The base environment of every Kubernetes expression. Extend it with the variables of the place where the expression
 * stands.
 */
export const kubernetesEnvironment = createEnvironment({
  homogeneousLiterals: true,
  libraries: [
    strings,
    urls,
    lists,
    regexSearches,
    authorization,
    quantities,
    sets,
    addresses,
    namedFormats,
    optionals,
    lazyOptionals,
    comprehensions,
    listExtensions,
    semvers,
  ],
});

/** Upstream's cost limits. */
export const costLimits = {
  /** One expression: about a tenth of a second. */
  perCall: 1_000_000,
  /** All rules of a custom resource together. */
  perObject: 10_000_000,
  /** All match conditions of a webhook or policy together. */
  matchConditions: 2_500_000,
} as const;
