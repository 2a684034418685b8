import {
  type FieldProblem,
  invalidValue,
  labelNameProblems,
  pathSegmentProblems,
  portNameProblems,
  requiredValue,
  subdomainProblems,
  wildcardSubdomainProblems,
} from '@typernetes/machinery';
import { addressProblems, familyOf, type Stored } from '../core/address-validation.ts';
import type { TypedLocalObjectReference } from '../core/v1.gen.ts';
import { oneOf, type Problems, port, wellFormed } from '../meta/field-checks.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressLoadBalancerIngress } from './v1.gen.ts';

/** The annotation that selected the class before there was a field. */
const classAnnotation = 'kubernetes.io/ingress.class';

/** A new object: annotation and field must not select different classes. */
export function validateIngress(ingress: Ingress): FieldProblem[] {
  const annotated = ingress.metadata.annotations?.[classAnnotation];
  const chosen = ingress.spec.ingressClassName;
  const problems = validateIngressUpdate(ingress);
  if (annotated && chosen != null && annotated !== chosen) {
    const detail = 'must match `ingressClassName` when both are specified';
    problems.push(invalidValue(`annotations.${classAnnotation}`, annotated, detail));
  }
  return problems;
}

/**
 * `current`: the stored object. Names of secrets were not always checked: an update does not report names that were
 * invalid before.
 */
export function validateIngressUpdate({ spec }: Ingress, current?: Ingress): FieldProblem[] {
  const known = [...secretProblems(current?.spec)].length > 0;
  return [...specProblems(spec), ...(known ? [] : secretProblems(spec))];
}

function* secretProblems(spec: Ingress['spec'] | undefined): Problems {
  for (const [i, { secretName }] of (spec?.tls ?? []).entries()) {
    yield* wellFormed(secretName, { at: `spec.tls[${i}].secretName`, by: subdomainProblems });
  }
}

export function validateIngressStatus({ status }: Ingress, current?: Ingress): FieldProblem[] {
  const stored = current?.status?.loadBalancer?.ingress ?? [];
  return [
    ...balancerProblems(
      status?.loadBalancer?.ingress ?? [],
      stored.map(({ ip }) => ip),
    ),
  ];
}

function* balancerProblems(points: readonly IngressLoadBalancerIngress[], stored: Stored): Problems {
  for (const [i, { ip, hostname }] of points.entries()) {
    const at = `status.loadBalancer.ingress[${i}]`;
    if (ip) yield* addressProblems(ip, `${at}.ip`, stored);
    if (!hostname) continue;
    for (const detail of subdomainProblems(hostname)) yield invalidValue(`${at}.hostname`, hostname, detail);
    if (familyOf(hostname)) {
      yield invalidValue(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address');
    }
  }
}

function* specProblems(spec: Ingress['spec']): Problems {
  if (!spec.rules?.length && !spec.defaultBackend) {
    yield invalidValue('spec', [], 'either `defaultBackend` or `rules` must be specified');
  }
  if (spec.defaultBackend) yield* backendProblems(spec.defaultBackend, 'spec.defaultBackend');
  for (const [i, { host, http }] of (spec.rules ?? []).entries()) {
    const path = `spec.rules[${i}]`;
    if (host) yield* hostProblems(host, `${path}.host`);
    if (!http) continue;
    if (!http.paths?.length) yield requiredValue(`${path}.http.paths`);
    for (const [j, httpPath] of (http.paths ?? []).entries()) yield* pathProblems(httpPath, `${path}.http.paths[${j}]`);
  }
  for (const [i, { hosts }] of (spec.tls ?? []).entries()) {
    for (const [j, host] of (hosts ?? []).entries()) yield* hostProblems(host, `spec.tls[${i}].hosts[${j}]`);
  }
  // An empty name is given, and wrong.
  for (const detail of spec.ingressClassName == null ? [] : subdomainProblems(spec.ingressClassName))
    yield invalidValue('spec.ingressClassName', spec.ingressClassName, detail);
}

function* hostProblems(host: string, at: string): Problems {
  if (familyOf(host)) yield invalidValue(at, host, 'must be a DNS name, not an IP address');
  else {
    const check = host.includes('*') ? wildcardSubdomainProblems : subdomainProblems;
    for (const detail of check(host)) yield invalidValue(at, host, detail);
  }
}

const forbiddenInPaths = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenAtEnd = ['/..', '/.'];

function* pathProblems({ path = '', pathType, backend }: HTTPIngressPath, at: string): Problems {
  if (!pathType) yield requiredValue(`${at}.pathType`, 'pathType must be specified');
  else yield* oneOf(pathType, { at: `${at}.pathType`, of: ['Exact', 'ImplementationSpecific', 'Prefix'] });
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) yield invalidValue(`${at}.path`, path, 'must be an absolute path');
    for (const part of forbiddenInPaths) {
      if (path.includes(part)) yield invalidValue(`${at}.path`, path, `must not contain '${part}'`);
    }
    for (const end of forbiddenAtEnd) {
      if (path.endsWith(end)) yield invalidValue(`${at}.path`, path, `cannot end with '${end}'`);
    }
  } else if (path && !path.startsWith('/')) yield invalidValue(`${at}.path`, path, 'must be an absolute path');
  yield* backendProblems(backend ?? {}, `${at}.backend`);
}

/** A backend that is an object of another kind; an empty group counts as set, and is invalid. */
function* resourceProblems({ apiGroup, kind, name }: TypedLocalObjectReference, at: string): Problems {
  for (const detail of apiGroup == null ? [] : subdomainProblems(apiGroup))
    yield invalidValue(`${at}.apiGroup`, apiGroup, detail);
  for (const [field, value] of Object.entries({ kind, name })) {
    if (!value) yield requiredValue(`${at}.${field}`, `${field} is required`);
    else yield* wellFormed(value, { at: `${at}.${field}`, by: pathSegmentProblems });
  }
}

function* backendProblems({ service, resource }: IngressBackend, at: string): Problems {
  if (service && resource) {
    yield invalidValue(at, '', 'cannot set both resource and service backends');
    return;
  }
  if (!service) {
    if (!resource) yield invalidValue(at, '', 'resource or service backend is required');
    else yield* resourceProblems(resource, `${at}.resource`);
    return;
  }
  yield* wellFormed(service.name, { at: `${at}.service.name`, by: labelNameProblems, required: true });
  const { name, number } = service.port ?? {};
  if (name && number) yield invalidValue(at, '', 'cannot set both port name & port number');
  else if (name) yield* wellFormed(name, { at: `${at}.service.port.name`, by: portNameProblems });
  else if (number) yield* port(number, `${at}.service.port.number`);
  else yield requiredValue(at, 'port name or number is required');
}
