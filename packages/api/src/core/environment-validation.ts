import {
  configKeyProblems,
  envVarNameProblems,
  invalidValue,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { type Problems, wellFormed } from '../meta/field-checks.ts';
import type { EnvFromSource, EnvVar, EnvVarSource, ResourceFieldSelector } from './v1.gen.ts';

const fieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const subscripted = /^metadata\.(labels|annotations)\['[^']+'\]$/;
const resourceNames = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;

export function* envProblems(env: readonly EnvVar[] | undefined, at: string): Problems {
  for (const [i, variable] of (env ?? []).entries()) {
    const path = `${at}[${i}]`;
    if (!variable.name) yield requiredValue(`${path}.name`);
    else {
      for (const detail of envVarNameProblems(variable.name)) yield invalidValue(`${path}.name`, variable.name, detail);
    }
    if (variable.valueFrom) yield* valueFromProblems(variable.valueFrom, { at: `${path}.valueFrom`, variable });
  }
}

function* valueFromProblems(source: EnvVarSource, { at, variable }: { at: string; variable: EnvVar }): Problems {
  const given = sources.filter((name) => source[name] != null).length;
  if (given === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    yield invalidValue(at, '', detail);
  } else if (variable.value) yield invalidValue(at, '', 'may not be specified when `value` is not empty');
  else if (given > 1) yield invalidValue(at, '', 'may not have more than one field specified at a time');
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) {
    const path = `${at}.fieldRef.fieldPath`;
    const version = fieldRef.apiVersion || 'v1';
    if (!fieldRef.fieldPath) yield requiredValue(path);
    else if (version !== 'v1') {
      const detail = `error converting fieldPath: unsupported pod version: ${version}`;
      yield invalidValue(path, fieldRef.fieldPath, detail);
    } else if (!fieldPaths.includes(fieldRef.fieldPath) && !subscripted.test(fieldRef.fieldPath)) {
      yield unsupportedValue(path, fieldRef.fieldPath, fieldPaths);
    }
  }
  if (resourceFieldRef) yield* resourceFieldProblems(resourceFieldRef, `${at}.resourceFieldRef`);
  if (configMapKeyRef) yield* keyProblems(configMapKeyRef, `${at}.configMapKeyRef`);
  if (secretKeyRef) yield* keyProblems(secretKeyRef, `${at}.secretKeyRef`);
}

/** A reference to a container's resource, in a variable or in a file. */
export function* resourceFieldProblems({ resource, divisor }: ResourceFieldSelector, at: string): Problems {
  const path = `${at}.resource`;
  if (!resource) yield requiredValue(path);
  else if (!resourceNames.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    yield unsupportedValue(path, resource, resourceNames);
  } else yield* divisorProblems(resource, divisor, `${at}.divisor`);
}

const cpuDivisors = ['1m', '1'];
const sizeDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** The divisor must be a unit that fits the resource. */
function* divisorProblems(field: string, divisor: string | undefined, at: string): Problems {
  if (divisor === undefined || divisor === '0') return;
  const resource = field.slice(field.indexOf('.') + 1);
  const known = resource === 'cpu' ? cpuDivisors : sizeDivisors;
  if (known.includes(divisor)) return;
  const listed = resource === 'cpu' ? known.join(' and ') : known.join(', ');
  const named =
    resource === 'ephemeral-storage' ? 'local ephemeral storage' : resource.replace(/^hugepages-.*/, 'hugepages');
  yield invalidValue(at, field, `only divisor's values ${listed} are supported with the ${named} resource`);
}

function* keyProblems({ name, key }: { name?: string; key: string }, at: string): Problems {
  yield* wellFormed(name, { at: `${at}.name`, by: subdomainProblems });
  yield* wellFormed(key, { at: `${at}.key`, by: configKeyProblems, required: true });
}

export function* envFromProblems(list: readonly EnvFromSource[] | undefined, at: string): Problems {
  for (const [i, { prefix, configMapRef, secretRef }] of (list ?? []).entries()) {
    const path = `${at}[${i}]`;
    yield* wellFormed(prefix, { at: `${path}.prefix`, by: envVarNameProblems });
    for (const [name, reference] of Object.entries({ configMapRef, secretRef }))
      if (reference)
        yield* wellFormed(reference.name, { at: `${path}.${name}.name`, by: subdomainProblems, required: true });
    // Upstream tells these of the list.
    if (configMapRef && secretRef) yield invalidValue(at, '', 'may not have more than one field specified at a time');
    else if (!configMapRef && !secretRef)
      yield invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`');
  }
}
