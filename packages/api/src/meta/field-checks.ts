import {
  type FieldProblem,
  invalidValue,
  qualifiedNameProblems,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';

/** What is wrong with a part of an object. Most validators are generators: they yield problems as they meet them. */
export type Problems = Iterable<FieldProblem>;

export const immutableDetail = 'field is immutable';
export const notNegativeDetail = 'must be greater than or equal to 0';

/** The checks of single fields are plain functions: nearly every field is fine, and that has to cost nothing. */
export const noProblems: readonly FieldProblem[] = [];

export function required(value: string | undefined, at: string): Problems {
  return value ? noProblems : [requiredValue(at)];
}

export function notNegative(value: number | undefined, at: string): Problems {
  return value != null && value < 0 ? [invalidValue(at, value, notNegativeDetail)] : noProblems;
}

/** An enumeration; unset is fine unless `required`. */
export function oneOf(
  value: string | undefined,
  options: { at: string; of: readonly string[]; required?: boolean },
): Problems {
  if (value == null || (value === '' && options.required))
    return options.required ? [requiredValue(options.at)] : noProblems;
  return options.of.includes(value) ? noProblems : [unsupportedValue(options.at, value, options.of)];
}

/** A string format of machinery; unset is fine unless `required`. */
export function wellFormed(
  value: string | undefined,
  options: { at: string; by: (value: string) => readonly string[]; required?: boolean },
): Problems {
  if (!value) return options.required ? [requiredValue(options.at)] : noProblems;
  const details = options.by(value);
  return details.length === 0 ? noProblems : details.map((detail) => invalidValue(options.at, value, detail));
}

/** The name of a protocol of applications; an empty one is given, and wrong. */
export function appProtocolProblems(value: string | undefined, at: string): Problems {
  return value == null ? noProblems : qualifiedNameProblems(value).map((detail) => invalidValue(at, value, detail));
}

export function port(value: number | undefined, at: string): Problems {
  const fits = value == null || (Number.isInteger(value) && value >= 1 && value <= 65535);
  return fits ? noProblems : [invalidValue(at, value, 'must be between 1 and 65535, inclusive')];
}
