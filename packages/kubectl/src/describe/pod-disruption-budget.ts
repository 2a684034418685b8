import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import type { Describer } from './describer.ts';

export const describePodDisruptionBudget: Describer<PodDisruptionBudget> = async (budget, text) => {
  const { metadata, spec, status } = budget;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  if (spec?.minAvailable !== undefined) text.line(0, 'Min available:', String(spec.minAvailable));
  else if (spec?.maxUnavailable !== undefined) text.line(0, 'Max unavailable:', String(spec.maxUnavailable));
  text.line(0, 'Selector:', spec?.selector ? formatLabelSelector(spec.selector) : '<unset>');
  text.line(0, 'Status:');
  text.line(2, 'Allowed disruptions:', String(status?.disruptionsAllowed ?? 0));
  text.line(2, 'Current:', String(status?.currentHealthy ?? 0));
  text.line(2, 'Desired:', String(status?.desiredHealthy ?? 0));
  text.line(2, 'Total:', String(status?.expectedPods ?? 0));
};
