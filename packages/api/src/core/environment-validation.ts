import {
  configKeyProblems,
  envVarNameProblems,
  invalidValue,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { type Problems, required, wellFormed } from '../meta/field-checks.ts';
import type { EnvFromSource, EnvVar, EnvVarSource } from './v1.gen.ts';

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
    if (!fieldRef.fieldPath) yield requiredValue(path);
    else if (!fieldPaths.includes(fieldRef.fieldPath) && !subscripted.test(fieldRef.fieldPath)) {
      yield unsupportedValue(path, fieldRef.fieldPath, fieldPaths);
    }
  }
  if (resourceFieldRef) {
    const path = `${at}.resourceFieldRef.resource`;
    const { resource } = resourceFieldRef;
    if (!resource) yield requiredValue(path);
    else if (!resourceNames.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
      yield unsupportedValue(path, resource, resourceNames);
    }
  }
  if (configMapKeyRef) yield* keyProblems(configMapKeyRef, `${at}.configMapKeyRef`);
  if (secretKeyRef) yield* keyProblems(secretKeyRef, `${at}.secretKeyRef`);
}

function* keyProblems({ name, key }: { name?: string; key: string }, at: string): Problems {
  yield* wellFormed(name, { at: `${at}.name`, by: subdomainProblems });
  yield* wellFormed(key, { at: `${at}.key`, by: configKeyProblems, required: true });
}

export function* envFromProblems(list: readonly EnvFromSource[] | undefined, at: string): Problems {
  for (const [i, { prefix, configMapRef, secretRef }] of (list ?? []).entries()) {
    const path = `${at}[${i}]`;
    yield* wellFormed(prefix, { at: `${path}.prefix`, by: envVarNameProblems });
    if (configMapRef) yield* required(configMapRef.name, `${path}.configMapRef.name`);
    if (secretRef) yield* required(secretRef.name, `${path}.secretRef.name`);
    if (configMapRef && secretRef) yield invalidValue(path, '', 'may not have more than one field specified at a time');
    else if (!configMapRef && !secretRef) {
      yield invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`');
    }
  }
}
