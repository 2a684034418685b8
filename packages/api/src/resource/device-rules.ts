import {
  cIdentifierProblems,
  duplicateValue,
  invalidValue,
  isJsonObject,
  labelNameProblems,
  labelValueProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  tooLong,
  tooMany,
  unsupportedValue,
} from '@typernetes/machinery';
import { type Problems, wellFormed } from '../meta/field-checks.ts';
import type {
  Device,
  DeviceRequest,
  DeviceSelector,
  DeviceTaint,
  DeviceToleration,
  OpaqueDeviceConfiguration,
} from './v1.gen.ts';

const maxSelectors = 32;
const maxExpressionLength = 10 * 1024;
const maxDriverLength = 63;
const maxPoolNameLength = 253;
const maxBindingConditions = 4;
const maxRequests = 32;
const maxParametersLength = 10 * 1024;
const effects = ['NoExecute', 'NoSchedule', 'None'];

/**
 * Rules for a list of at most `max` items with distinct keys (`keyOf`), each checked with `each`. A list that is too
 * long gets no further check, because its length is up to the client.
 */
export function* setProblems<T>(
  items: readonly T[] | undefined,
  options: {
    at: string;
    max?: number;
    keyOf?: (item: T) => unknown;
    each?: (item: T, at: string) => Problems;
  },
): Problems {
  const list = items ?? [];
  const { at, max = Number.POSITIVE_INFINITY, keyOf, each } = options;
  if (list.length > max) {
    yield tooMany(at, list.length, max);
    return;
  }
  if (each) for (const [i, item] of list.entries()) yield* each(item, `${at}[${i}]`);
  if (!keyOf) return;
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const key = keyOf(item);
    const text = JSON.stringify(key);
    if (seen.has(text)) yield duplicateValue(`${at}[${i}]`, key);
    seen.add(text);
  }
}

/** A driver name follows the rules of CSI driver names: a domain name in any case. */
export function* driverProblems(name: string, at: string): Problems {
  if (name.length > maxDriverLength) yield tooLong(at, maxDriverLength);
  if (name === '') yield requiredValue(at);
  else for (const detail of subdomainProblems(name.toLowerCase())) yield invalidValue(at, name, detail);
}

/** A pool's name is a path of domain names. */
export function* poolNameProblems(name: string, at: string): Problems {
  if (name === '') {
    yield requiredValue(at);
    return;
  }
  if (name.length > maxPoolNameLength) yield tooLong(at, maxPoolNameLength);
  for (const part of name.split('/')) {
    for (const detail of subdomainProblems(part)) yield invalidValue(at, part, detail);
  }
}

export function* deviceTaintProblems({ key, value, effect }: DeviceTaint, at: string): Problems {
  yield* keyProblems(key ?? '', `${at}.key`);
  yield* wellFormed(value, { at: `${at}.value`, by: labelValueProblems });
  if (!effect) yield requiredValue(`${at}.effect`);
  else if (!effects.includes(effect)) yield unsupportedValue(`${at}.effect`, effect, effects);
}

/** A label key; an empty one is reported as malformed rather than missing. */
function* keyProblems(key: string, at: string): Problems {
  for (const detail of qualifiedNameProblems(key)) yield invalidValue(at, key, detail);
}

/** Binding conditions and binding failure conditions: both lists or neither. */
export function* bindingProblems(
  { bindingConditions = [], bindingFailureConditions = [] }: BindingConditions,
  path: string,
): Problems {
  const [bound, failed] = [`${path}.bindingConditions`, `${path}.bindingFailureConditions`];
  yield* setProblems(bindingConditions, { at: bound, max: maxBindingConditions, each: keyProblems });
  yield* setProblems(bindingFailureConditions, { at: failed, max: maxBindingConditions, each: keyProblems });
  yield* setProblems(bindingConditions, { at: bound, keyOf: (one) => one });
  const seen = new Set<string>();
  for (const [i, condition] of bindingFailureConditions.entries()) {
    if (seen.has(condition)) yield duplicateValue(`${failed}[${i}]`, condition);
    seen.add(condition);
    if (bindingConditions.includes(condition)) {
      const detail = 'bindingFailureConditions must not overlap with bindingConditions';
      yield invalidValue(`${failed}[${i}]`, condition, detail);
    }
  }
  if (bindingConditions.length === 0 && bindingFailureConditions.length > 0) {
    yield invalidValue(bound, null, 'bindingConditions are required to use bindingFailureConditions');
  }
  if (bindingFailureConditions.length === 0 && bindingConditions.length > 0) {
    yield invalidValue(failed, null, 'bindingFailureConditions are required to use bindingConditions');
  }
}

type BindingConditions = Pick<Device, 'bindingConditions' | 'bindingFailureConditions'>;

const uuid = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** UUIDs must be in the form that the API writes. */
export function* uuidProblems(uid: string, at: string): Problems {
  if (!uuid.test(uid)) {
    const why = uid.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${uid.length}`;
    yield invalidValue(at, uid, `error validating uid: ${why}`);
  } else if (uid !== uid.toLowerCase()) {
    const detail =
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters';
    yield invalidValue(at, uid, detail);
  }
}

/** Only checks the length of expressions; they are compiled where they are used. */
export function* selectorProblems(selectors: readonly DeviceSelector[] | undefined, path: string): Problems {
  yield* setProblems(selectors, {
    at: path,
    max: maxSelectors,
    *each({ cel }, at) {
      if (!cel) yield requiredValue(`${at}.cel`);
      else if (cel.expression.length > maxExpressionLength) yield tooLong(`${at}.cel.expression`, maxExpressionLength);
    },
  });
}

export function* deviceTolerationProblems(
  tolerations: readonly DeviceToleration[] | undefined,
  path: string,
): Problems {
  for (const [i, { key, operator, value, effect }] of (tolerations ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (key) yield* wellFormed(key, { at: `${at}.key`, by: qualifiedNameProblems });
    if (operator === 'Exists') {
      if (value) yield invalidValue(`${at}.value`, value, 'must be empty for operator `Exists`');
    } else if (operator === 'Equal') yield* wellFormed(value, { at: `${at}.value`, by: labelValueProblems });
    else if (!operator) yield requiredValue(`${at}.operator`);
    else yield unsupportedValue(`${at}.operator`, operator, ['Equal', 'Exists']);
    if (effect && !effects.includes(effect)) yield unsupportedValue(`${at}.effect`, effect, effects);
  }
}

export function* opaqueProblems(opaque: OpaqueDeviceConfiguration | undefined, at: string): Problems {
  if (!opaque) {
    yield requiredValue(at);
    return;
  }
  yield* driverProblems(opaque.driver, `${at}.driver`);
  const { parameters } = opaque;
  if (parameters === undefined) yield requiredValue(`${at}.parameters`);
  else yield* jsonProblems(parameters, `${at}.parameters`);
}

/** An opaque JSON object of at most 10 KiB. */
export function* jsonProblems(value: unknown, at: string): Problems {
  if (JSON.stringify(value).length > maxParametersLength) yield tooLong(at, maxParametersLength);
  else if (value === null) yield requiredValue(at);
  else if (!isJsonObject(value)) yield invalidValue(at, '<value omitted>', 'must be a valid JSON object');
}

/** `domain/name`, or a name within the driver's domain. */
export function* deviceNameProblems(name: string, options: { at: string; fully: boolean }): Problems {
  const { at, fully } = options;
  // Upstream does not report names with more than one slash.
  const [first = '', second, ...more] = name.split('/');
  if (second === undefined) {
    yield* identifierProblems(first, at);
    if (fully) yield invalidValue(at, name, 'a fully qualified name must be a domain and a name separated by a slash');
    return;
  }
  if (more.length > 0) return;
  if (first === '') yield invalidValue(at, '', 'the domain must not be empty');
  else yield* driverProblems(first, at);
  if (second === '') yield invalidValue(at, '', 'the name must not be empty');
  else yield* identifierProblems(second, at);
}

function* identifierProblems(id: string, at: string): Problems {
  if (id.length > 32) yield tooLong(at, 32);
  for (const detail of cIdentifierProblems(id)) yield invalidValue(at, id, detail);
}

export function* requestNameProblems(name: string, at: string): Problems {
  for (const detail of labelNameProblems(name)) yield invalidValue(at, name, detail);
}

/** The names of a claim's requests: `request`, and `request/alternative` for requests with alternatives. */
export function requestNames(requests: readonly DeviceRequest[] | undefined): ReadonlySet<string> {
  const alternatives = ({ name, firstAvailable = [] }: DeviceRequest) =>
    firstAvailable.map((one) => `${name}/${one.name}`);
  return new Set((requests ?? []).flatMap((request) => [request.name, ...alternatives(request)]));
}

const unknownRequest =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

export function* requestReferenceProblems(name: string, at: string, names: ReadonlySet<string>): Problems {
  const parts = name.split('/');
  if (parts.length <= 2) for (const part of parts) yield* requestNameProblems(part, at);
  if (!names.has(name)) yield invalidValue(at, name, unknownRequest);
}

export const requestReferencesProblems = (
  requests: readonly string[] | undefined,
  { at, names }: { at: string; names: ReadonlySet<string> },
): Problems =>
  setProblems(requests, {
    at,
    max: maxRequests,
    keyOf: (name) => name,
    each: (name, path) => requestReferenceProblems(name, path, names),
  });
