import type { APIService, APIServiceCondition } from '@typernetes/api/apiregistration/v1';
import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';

export interface Surroundings {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  /** Why the server behind it does not answer; undefined if it does. */
  readonly failure: string | undefined;
}

type Verdict = Omit<APIServiceCondition, 'lastTransitionTime'>;

const available = (reason: string, message: string): Verdict => ({
  type: 'Available',
  status: 'True',
  reason,
  message,
});
const missing = (reason: string, message: string): Verdict => ({ type: 'Available', status: 'False', reason, message });

export const localVerdict = available('Local', 'Local APIServices are always available');

/** Why a Service cannot be called at all; undefined if it can. */
export function serviceProblem(
  { spec }: APIService,
  { service, slices }: Omit<Surroundings, 'failure'>,
): Verdict | undefined {
  const { name = '', namespace = '', port = 443 } = spec.service ?? {};
  const shown = `service/${name} in ${JSON.stringify(namespace)}`;
  if (!service) return missing('ServiceNotFound', `${shown} is not present`);
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined;
  const wanted = service.spec?.ports?.find((one) => one.port === port);
  if (!wanted) return missing('ServicePortError', `${shown} is not listening on port ${port}`);
  if (slices.length === 0) return missing('EndpointsNotFound', `cannot find endpointslices for ${shown}`);
  const portName = wanted.name ?? '';
  const open = slices.some(
    ({ endpoints, ports }) =>
      ports?.some((one) => (one.name ?? '') === portName) &&
      endpoints?.some(({ conditions }) => conditions?.ready !== false),
  );
  if (open) return undefined;
  return missing(
    'MissingEndpoints',
    `endpointslices for ${shown} have no addresses with port name ${JSON.stringify(portName)}`,
  );
}

/** The condition Available of an APIService, in upstream's words. */
export function availabilityOf(apiService: APIService, around: Surroundings): Verdict {
  if (!apiService.spec.service) return localVerdict;
  const problem = serviceProblem(apiService, around);
  if (problem) return problem;
  return around.failure === undefined
    ? available('Passed', 'all checks passed')
    : missing('FailedDiscoveryCheck', around.failure);
}
