import { groupResourceOf } from '@typernetes/machinery';
import type { Metrics } from '@typernetes/process';
import type { AdmissionRequest } from '../admission-plugin.ts';
import type { LevelVersion, Mode } from './policy.ts';

type Of = Pick<AdmissionRequest, 'operation' | 'resource' | 'subresource'>;

export interface SecurityMetrics {
  evaluated(of: Of, by: { readonly mode: Mode; readonly policy: LevelVersion; readonly denied: boolean }): void;
  exempted(of: Of): void;
  /** Labels could not be read: the strictest level counts. */
  failed(of: Of): void;
}

/** `pod_security_*`: the results of checking pods and pod templates. */
export function securityMetrics(metrics: Metrics): SecurityMetrics {
  const of = ['request_operation', 'resource', 'subresource'];
  const evaluations = metrics.counter('pod_security_evaluations_total', {
    help: 'Number of policy evaluations that occurred, not counting ignored or exempt requests.',
    labels: ['decision', 'policy_level', 'policy_version', 'mode', ...of],
  });
  const exemptions = metrics.counter('pod_security_exemptions_total', {
    help: 'Number of exempt requests, not counting ignored or out of scope requests.',
    labels: of,
  });
  const errors = metrics.counter('pod_security_errors_total', {
    help: 'Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation.',
    labels: ['fatal', ...of],
  });
  // As upstream, all kinds with pod templates share one label.
  const valuesOf = ({ operation, resource, subresource }: Of): string[] => {
    const name = groupResourceOf(resource);
    return [
      operation.toLowerCase(),
      ['pods', 'namespaces'].includes(name) ? name.slice(0, -1) : 'controller',
      subresource,
    ];
  };
  return {
    evaluated: (request, { mode, policy: { level, minor }, denied }) => {
      const version = minor === Number.POSITIVE_INFINITY ? 'latest' : `v1.${minor}`;
      evaluations.add([denied ? 'deny' : 'allow', level, version, mode, ...valuesOf(request)]);
    },
    exempted: (request) => exemptions.add(valuesOf(request)),
    failed: (request) => errors.add(['false', ...valuesOf(request)]),
  };
}
