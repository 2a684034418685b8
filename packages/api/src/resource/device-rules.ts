import {
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
import type { DeviceSelector, DeviceToleration, OpaqueDeviceConfiguration } from './v1.gen.ts';

const maxSelectors = 32;
const maxExpressionLength = 10 * 1024;
const maxDriverLength = 63;
const maxParametersLength = 10 * 1024;
const effects = ['NoExecute', 'NoSchedule', 'None'];

/** A list of at most `max` items that differ in what `keyOf` tells of them. */
export function* setProblems<T>(
  items: readonly T[] | undefined,
  options: { at: string; max: number; keyOf?: (item: T) => string; keyName?: string },
): Problems {
  const list = items ?? [];
  if (list.length > options.max) yield tooMany(options.at, list.length, options.max);
  const { keyOf, keyName = '' } = options;
  if (!keyOf) return;
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const key = keyOf(item);
    if (seen.has(key)) yield duplicateValue(`${options.at}[${i}]${keyName}`, key);
    seen.add(key);
  }
}

export function* driverProblems(name: string, at: string): Problems {
  if (name.length > maxDriverLength) yield tooLong(at, maxDriverLength);
  yield* wellFormed(name, { at, by: subdomainProblems, required: true });
}

/** Expressions are compiled where they are used; here they are measured. */
export function* selectorProblems(selectors: readonly DeviceSelector[] | undefined, path: string): Problems {
  yield* setProblems(selectors, { at: path, max: maxSelectors });
  for (const [i, { cel }] of (selectors ?? []).entries()) {
    const at = `${path}[${i}].cel`;
    if (!cel) yield requiredValue(at);
    else if (cel.expression.length > maxExpressionLength) yield tooLong(`${at}.expression`, maxExpressionLength);
  }
}

export function* deviceTolerationProblems(
  tolerations: readonly DeviceToleration[] | undefined,
  path: string,
): Problems {
  yield* setProblems(tolerations, { at: path, max: 16 });
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
  if (parameters === undefined || parameters === null) yield requiredValue(`${at}.parameters`);
  else if (!isJsonObject(parameters)) yield invalidValue(`${at}.parameters`, parameters, 'must be a valid JSON object');
  else if (JSON.stringify(parameters).length > maxParametersLength) {
    yield tooLong(`${at}.parameters`, maxParametersLength);
  }
}

/** `domain/name`, or a name that gets the driver's domain. */
export function* deviceNameProblems(name: string, options: { at: string; fully: boolean }): Problems {
  const { at, fully } = options;
  if (name === '') {
    yield requiredValue(at);
    return;
  }
  const slash = name.indexOf('/');
  if (slash < 0) {
    if (fully) yield invalidValue(at, name, 'a fully qualified name must be a domain and a name separated by a slash');
    yield* identifierProblems(name, at);
    return;
  }
  const domain = name.slice(0, slash);
  const id = name.slice(slash + 1);
  if (domain === '') yield invalidValue(at, '', 'the domain must not be empty');
  else yield* wellFormed(domain, { at, by: subdomainProblems });
  if (id === '') yield invalidValue(at, '', 'the name must not be empty');
  else yield* identifierProblems(id, at);
}

const cIdentifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

function* identifierProblems(id: string, at: string): Problems {
  if (id.length > 32) yield tooLong(at, 32);
  if (!cIdentifier.test(id)) {
    const detail =
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";
    yield invalidValue(at, id, detail);
  }
}

export const requestNameProblems = (name: string, at: string): Problems =>
  wellFormed(name, { at, by: labelNameProblems, required: true });
