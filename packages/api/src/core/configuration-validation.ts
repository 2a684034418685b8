import {
  configKeyProblems,
  type FieldProblem,
  forbiddenValue,
  hadEmptyMap,
  invalidValue,
  jsonEqual,
  jsonProblem,
  requiredValue,
  tooLong,
} from '@typernetes/machinery';
import { immutableDetail, type Problems } from '../meta/field-checks.ts';
import type { ConfigMap, Secret } from './v1.gen.ts';

/** The maximum size of the data of one object. */
const maxBytes = 1024 * 1024;

/** The decoded size of a base64 text. */
const decodedSize = (text: string): number => Math.floor((text.replace(/=+$/, '').length * 3) / 4);

export function validateConfigMap(map: ConfigMap): FieldProblem[] {
  return [...configMapProblems(map)];
}

function* configMapProblems({ data = {}, binaryData = {} }: ConfigMap): Problems {
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    for (const detail of configKeyProblems(key)) yield invalidValue(`data[${key}]`, key, detail);
    if (key in binaryData) yield invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData');
    size += utf8Length(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    for (const detail of configKeyProblems(key)) yield invalidValue(`binaryData[${key}]`, key, detail);
    size += decodedSize(value);
  }
  if (size > maxBytes) yield tooLong('[]', maxBytes);
}

function utf8Length(text: string): number {
  // A UTF-16 unit takes at most three bytes, so most values need no encoding to be known to fit.
  return text.length * 3 <= maxBytes ? text.length : new TextEncoder().encode(text).length;
}

export function validateConfigMapUpdate(next: ConfigMap, current: ConfigMap): FieldProblem[] {
  return [
    ...frozenProblems(next, { current, fields: ['data', 'binaryData'], defaults: 'data' }),
    ...configMapProblems(next),
  ];
}

type Freezable = { readonly immutable?: boolean; readonly data?: object; readonly binaryData?: object };

function* frozenProblems(
  next: Freezable,
  { current, fields, defaults }: { current: Freezable; fields: readonly ('data' | 'binaryData')[]; defaults?: 'data' },
): Problems {
  if (!current.immutable) return;
  const detail = 'field is immutable when `immutable` is set';
  if (!next.immutable) yield forbiddenValue('immutable', detail);
  for (const field of fields) {
    // To upstream a map that is empty differs from none, except for the data of ConfigMaps, which are a map by default.
    const isNew = current[field] === undefined && field !== defaults && hadEmptyMap(next, field);
    if (isNew || !jsonEqual(next[field] ?? {}, current[field] ?? {})) yield forbiddenValue(field, detail);
  }
}

export function validateSecret(secret: Secret): FieldProblem[] {
  return [...secretProblems(secret)];
}

function* secretProblems({ metadata, type, data = {} }: Secret): Problems {
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    for (const detail of configKeyProblems(key)) yield invalidValue(`data[${key}]`, key, detail);
    size += decodedSize(value);
  }
  if (size > maxBytes) yield tooLong('data', maxBytes);
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata.annotations?.['kubernetes.io/service-account.name']) {
        yield requiredValue('metadata.annotations[kubernetes.io/service-account.name]');
      }
      break;
    case 'kubernetes.io/dockercfg':
      yield* jsonProblems(data, '.dockercfg');
      break;
    case 'kubernetes.io/dockerconfigjson':
      yield* jsonProblems(data, '.dockerconfigjson');
      break;
    case 'kubernetes.io/basic-auth':
      if (data.username === undefined && data.password === undefined) {
        yield requiredValue('data[username]');
        yield requiredValue('data[password]');
      }
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) yield requiredValue('data[ssh-privatekey]');
      break;
    case 'kubernetes.io/tls':
      for (const key of ['tls.crt', 'tls.key']) if (data[key] === undefined) yield requiredValue(`data[${key}]`);
  }
}

function* jsonProblems(data: Readonly<Record<string, string>>, key: string): Problems {
  const encoded = data[key];
  if (encoded === undefined) {
    yield requiredValue(`data[${key}]`);
    return;
  }
  const problem = parsingProblem(atob(encoded));
  if (problem) yield invalidValue(`data[${key}]`, '<secret contents redacted>', problem);
}

function parsingProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return jsonProblem(text);
    throw error;
  }
}

export function validateSecretUpdate(next: Secret, current: Secret): FieldProblem[] {
  const problems = [...frozenProblems(next, { current, fields: ['data'] })];
  if (next.type !== current.type) problems.unshift(invalidValue('type', next.type, immutableDetail));
  return [...problems, ...secretProblems(next)];
}
