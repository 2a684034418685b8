import { objectCountEvaluator, type QuotaEvaluator } from './evaluator.ts';
import { persistentVolumeClaimEvaluator, resourceClaimEvaluator, serviceEvaluator } from './objects.ts';
import { podEvaluator } from './pods.ts';

const known = new Map<string, QuotaEvaluator>(
  [podEvaluator, serviceEvaluator, persistentVolumeClaimEvaluator, resourceClaimEvaluator].map((one) => [
    one.resource,
    one,
  ]),
);

/** The evaluator for a resource (`pods`, `deployments.apps`); undefined for resources that are never counted. */
export function quotaEvaluatorOf(resource: string): QuotaEvaluator | undefined {
  if (resource === 'events') return undefined;
  let found = known.get(resource);
  if (!found) {
    found = objectCountEvaluator(resource);
    known.set(resource, found);
  }
  return found;
}
