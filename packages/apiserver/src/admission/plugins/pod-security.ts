import type { Namespace, Pod, PodSpec } from '@typernetes/api/core/v1';
import { groupResourceOf } from '@typernetes/machinery';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { type Level, levels, violations } from '../pod-security/checks.ts';
import { refusal, targetOf } from '../request-target.ts';

const labelPrefix = 'pod-security.kubernetes.io/';

/** Where the kinds that make pods keep the pod's spec. */
const templates: Readonly<Record<string, (spec: Template) => PodSpec | undefined>> = {
  replicationcontrollers: (spec) => spec.template?.spec,
  'replicasets.apps': (spec) => spec.template?.spec,
  'deployments.apps': (spec) => spec.template?.spec,
  'statefulsets.apps': (spec) => spec.template?.spec,
  'daemonsets.apps': (spec) => spec.template?.spec,
  'jobs.batch': (spec) => spec.template?.spec,
  'cronjobs.batch': (spec) => spec.jobTemplate?.spec?.template?.spec,
};

interface Template {
  readonly template?: { readonly spec?: PodSpec };
  readonly jobTemplate?: { readonly spec?: { readonly template?: { readonly spec?: PodSpec } } };
}

/** Holds pods to the level that their namespace's labels name: `enforce` refuses pods, `warn` tells also whoever writes a template. */
export function podSecurity(deps: { readonly namespaces: ObjectSource<Namespace> }): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    handles: (request) =>
      (request.operation === 'CREATE' || request.operation === 'UPDATE') &&
      (['pods', 'pods/ephemeralcontainers'].includes(targetOf(request)) || targetOf(request) in templates),
    validate: async (request) => {
      const labels = (await deps.namespaces.get(request.namespace))?.metadata.labels ?? {};
      const spec = podSpecOf(request);
      if (!spec) return;
      const isPod = groupResourceOf(request.resource) === 'pods';
      const enforced = levelOf(labels, 'enforce');
      const broken = isPod ? violations({ spec }, enforced) : '';
      if (broken !== '') {
        throw refusal(request, `violates PodSecurity "${enforced}:${versionOf(labels, 'enforce')}": ${broken}`);
      }
      const warned = levelOf(labels, 'warn');
      const would = violations({ spec }, warned);
      if (would !== '') request.warn(`would violate PodSecurity "${warned}:${versionOf(labels, 'warn')}": ${would}`);
    },
  };
}

function podSpecOf(request: AdmissionRequest): PodSpec | undefined {
  const { spec } = request.object as unknown as { spec?: Pod['spec'] & Template };
  if (!spec) return undefined;
  return groupResourceOf(request.resource) === 'pods' ? spec : templates[targetOf(request)]?.(spec);
}

/** A label that cannot be read asks for the strictest level: a typing error must not open the namespace. */
function levelOf(labels: Readonly<Record<string, string>>, mode: 'enforce' | 'warn'): Level {
  const label = labels[`${labelPrefix}${mode}`];
  if (label === undefined || label === '') return 'privileged';
  return levels.find((level) => level === label) ?? 'restricted';
}

function versionOf(labels: Readonly<Record<string, string>>, mode: 'enforce' | 'warn'): string {
  return labels[`${labelPrefix}${mode}-version`] || 'latest';
}
