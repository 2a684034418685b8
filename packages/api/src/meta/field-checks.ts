import { type FieldProblem, invalidValue, requiredValue, unsupportedValue } from '@typernetes/machinery';

/** What is wrong with a part of an object. Validators are generators: they yield problems as they meet them. */
export type Problems = Iterable<FieldProblem>;

export const immutableDetail = 'field is immutable';
export const notNegativeDetail = 'must be greater than or equal to 0';

export function* required(value: string | undefined, at: string): Problems {
  if (!value) yield requiredValue(at);
}

export function* notNegative(value: number | undefined, at: string): Problems {
  if (value != null && value < 0) yield invalidValue(at, value, notNegativeDetail);
}

/** An enumeration; unset is fine unless `required`. */
export function* oneOf(
  value: string | undefined,
  options: { at: string; of: readonly string[]; required?: boolean },
): Problems {
  if (!value && options.required) yield requiredValue(options.at);
  else if (value && !options.of.includes(value)) yield unsupportedValue(options.at, value, options.of);
}

/** A string format of machinery; unset is fine unless `required`. */
export function* wellFormed(
  value: string | undefined,
  options: { at: string; by: (value: string) => readonly string[]; required?: boolean },
): Problems {
  if (!value) {
    if (options.required) yield requiredValue(options.at);
    return;
  }
  for (const detail of options.by(value)) yield invalidValue(options.at, value, detail);
}

export function* port(value: number | undefined, at: string): Problems {
  if (value != null && !(Number.isInteger(value) && value >= 1 && value <= 65535)) {
    yield invalidValue(at, value, 'must be between 1 and 65535, inclusive');
  }
}
