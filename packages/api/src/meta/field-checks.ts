import {
  type FieldProblem,
  invalidValue,
  qualifiedNameProblems,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';

/** Validation problems of a part of an object. Most validators are generators that yield problems as they find them. */
export type Problems = Iterable<FieldProblem>;

export const immutableDetail = 'field is immutable';
export const notNegativeDetail = 'must be greater than or equal to 0';

/** Checks of single fields are plain functions: nearly every field is valid, and that must cost nothing. */
export const noProblems: readonly FieldProblem[] = [];

export function required(value: string | undefined, at: string): Problems {
  return value ? noProblems : [requiredValue(at)];
}

export function notNegative(value: number | undefined, at: string): Problems {
  return value != null && value < 0 ? [invalidValue(at, value, notNegativeDetail)] : noProblems;
}

/**
 * An enumeration; an unset value is valid unless `required`. An empty one is unset where the field is a plain string to
 * upstream; where it is a pointer (`required: 'given'`), an empty value is given, and wrong.
 */
export function oneOf(
  value: string | undefined,
  options: { at: string; of: readonly string[]; required?: boolean | 'given' },
): Problems {
  if (value == null || (value === '' && options.required === true))
    return options.required ? [requiredValue(options.at)] : noProblems;
  return options.of.includes(value) ? noProblems : [unsupportedValue(options.at, value, options.of)];
}

/** A string format of machinery; an unset value is valid unless `required`. */
export function wellFormed(
  value: string | undefined,
  options: { at: string; by: (value: string) => readonly string[]; required?: boolean },
): Problems {
  if (!value) return options.required ? [requiredValue(options.at)] : noProblems;
  const details = options.by(value);
  return details.length === 0 ? noProblems : details.map((detail) => invalidValue(options.at, value, detail));
}

/** The name of an application protocol; an empty string counts as set, and is invalid. */
export function appProtocolProblems(value: string | undefined, at: string): Problems {
  return value == null ? noProblems : qualifiedNameProblems(value).map((detail) => invalidValue(at, value, detail));
}

export function port(value: number | undefined, at: string): Problems {
  const fits = value == null || (Number.isInteger(value) && value >= 1 && value <= 65535);
  return fits ? noProblems : [invalidValue(at, value, 'must be between 1 and 65535, inclusive')];
}
