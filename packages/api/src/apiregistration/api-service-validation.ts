import {
  dns1035LabelProblems,
  type FieldProblem,
  invalidValue,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import type { APIService } from './v1.gen.ts';

/** Upstream: ValidateAPIService. */
export function* validateAPIService({ metadata, spec }: APIService): Generator<FieldProblem> {
  const { group = '', version = '', service, caBundle, insecureSkipTLSVerify } = spec;
  const required = `${version}.${group}`;
  if (metadata.name && metadata.name !== required) {
    yield invalidValue(
      'metadata.name',
      metadata.name,
      `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(required)}`,
    );
  }
  if (group === '' && version !== 'v1') {
    yield requiredValue('spec.group', 'only v1 may have an empty group and it better be legacy kube');
  }
  if (group !== '') for (const problem of subdomainProblems(group)) yield invalidValue('spec.group', group, problem);
  for (const problem of dns1035LabelProblems(version)) yield invalidValue('spec.version', version, problem);
  const { groupPriorityMinimum: minimum, versionPriority: priority } = spec;
  if (!(minimum > 0 && minimum <= 20_000)) {
    yield invalidValue('spec.groupPriorityMinimum', minimum, 'must be positive and less than 20000');
  }
  if (!(priority > 0 && priority <= 1000)) {
    yield invalidValue('spec.versionPriority', priority, 'must be positive and less than 1000');
  }
  if (!service) {
    if (caBundle)
      yield invalidValue(
        'spec.caBundle',
        `${atob(caBundle).length} bytes`,
        'local APIServices may not have a caBundle',
      );
    if (insecureSkipTLSVerify) {
      yield invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify');
    }
    return;
  }
  if (!service.namespace) yield requiredValue('spec.service.namespace');
  if (!service.name) yield requiredValue('spec.service.name');
  const { port = 443 } = service;
  if (port < 1 || port > 65_535) {
    yield invalidValue('spec.service.port', port, 'port is not valid: must be between 1 and 65535, inclusive');
  }
  if (insecureSkipTLSVerify && caBundle) {
    yield invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present');
  }
}
