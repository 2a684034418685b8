import type { ResourceClaim } from '@typernetes/api/resource/v1';
import type { Lister } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { podClaimAnnotation } from './plan.ts';

/** `resourceclaim_controller_*`: returns the function to call for each created claim, or failure. */
export function resourceClaimMetrics(
  metrics: Metrics,
  claims: Pick<Lister<ResourceClaim>, 'list'>,
): (spec: ResourceClaim['spec'], status: 'success' | 'failure') => void {
  const creates = metrics.counter('resourceclaim_controller_creates_total', {
    help: 'Number of ResourceClaims creation requests, categorized by creation status and admin access',
    labels: ['status', 'admin_access'],
  });
  const all = metrics.gauge('resourceclaim_controller_resource_claims', {
    help: "Number of ResourceClaims, categorized by allocation status, admin access, and source. Source can be 'resource_claim_template' (created from a template), 'extended_resource' (extended resources), or empty (manually created by a user).",
    labels: ['allocated', 'admin_access', 'source'],
  });
  metrics.beforeRender(() => {
    all.clear();
    for (const claim of claims.list())
      all.add([String(claim.status?.allocation !== undefined), String(hasAdminAccess(claim.spec)), sourceOf(claim)]);
  });
  return (spec, status) => creates.add([status, String(hasAdminAccess(spec))]);
}

const extendedAnnotation = 'resource.kubernetes.io/extended-resource-claim';

function sourceOf({ metadata: { annotations = {} } }: ResourceClaim): string {
  if (annotations[extendedAnnotation] === 'true') return 'extended_resource';
  return annotations[podClaimAnnotation] === undefined ? '' : 'resource_claim_template';
}

const hasAdminAccess = ({ devices }: ResourceClaim['spec']): boolean =>
  devices?.requests?.some(({ exactly }) => exactly?.adminAccess) ?? false;
