import { goFloat } from './go-float.ts';
import { goQuote } from './quote.ts';

/** The kind of a problem, by the classes of upstream's field errors. */
export type FieldProblemType =
  | 'Required'
  | 'Invalid'
  | 'Duplicate'
  | 'NotFound'
  | 'NotSupported'
  | 'Forbidden'
  | 'TooLong'
  | 'TooShort'
  | 'TooMany'
  | 'TooFew'
  | 'TypeInvalid'
  | 'InternalError';

/** The `reason` of a Status cause for each class. */
const causeReasons: Readonly<Record<FieldProblemType, string>> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  Duplicate: 'FieldValueDuplicate',
  NotFound: 'FieldValueNotFound',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooShort: 'FieldValueTooShort',
  TooMany: 'FieldValueTooMany',
  TooFew: 'FieldValueTooFew',
  TypeInvalid: 'FieldValueTypeInvalid',
  InternalError: 'InternalError',
};

/** `field` is a path such as `spec.containers[0].name`; `body` is the message without the path, in upstream's format. */
export interface FieldProblem {
  readonly type: FieldProblemType;
  readonly field: string;
  readonly body: string;
}

/** `spec.replicas: Invalid value: -1: must be greater than or equal to 0` */
export function problemText(problem: FieldProblem): string {
  return `${problem.field}: ${problem.body}`;
}

export function causeOf(problem: FieldProblem): { reason: string; message: string; field: string } {
  return { reason: causeReasons[problem.type], message: problem.body, field: problem.field };
}

/** Hand this to {@link invalidValue} where upstream leaves the value out of the message. */
export const omittedValue: unique symbol = Symbol('omitted value');

/** A value in a message: strings quoted, numbers and booleans bare, everything else as compact JSON. */
function shown(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return goFloat(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  // Go's encoder leaves out what means something in HTML.
  return JSON.stringify(value ?? null).replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

const withDetail = (head: string, detail: string): string => (detail === '' ? head : `${head}: ${detail}`);
const withValue = (head: string, value: unknown): string =>
  value === omittedValue ? head : `${head}: ${shown(value)}`;

export function requiredValue(field: string, detail = ''): FieldProblem {
  return { type: 'Required', field, body: withDetail('Required value', detail) };
}

/** `value` is what the field holds; pass {@link omittedValue} to keep it out of the message. */
export function invalidValue(field: string, value: unknown, detail: string): FieldProblem {
  return { type: 'Invalid', field, body: withDetail(withValue('Invalid value', value), detail) };
}

export function invalidType(field: string, value: unknown, detail: string): FieldProblem {
  return { type: 'TypeInvalid', field, body: withDetail(withValue('Invalid value', value), detail) };
}

/** `Unsupported value: "x": supported values: "a", "b"`: pass the values in the order to show, upstream sorts sets. */
export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): FieldProblem {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(goQuote).join(', ')}`;
  return { type: 'NotSupported', field, body: withDetail(withValue('Unsupported value', value), detail) };
}

export function duplicateValue(field: string, value: unknown): FieldProblem {
  return { type: 'Duplicate', field, body: withValue('Duplicate value', value) };
}

export function notFoundValue(field: string, value: unknown): FieldProblem {
  return { type: 'NotFound', field, body: withValue('Not found', value) };
}

export function forbiddenValue(field: string, detail: string): FieldProblem {
  return { type: 'Forbidden', field, body: withDetail('Forbidden', detail) };
}

export function tooLong(field: string, maxBytes: number): FieldProblem {
  const unit = maxBytes === 1 ? 'byte' : 'bytes';
  return { type: 'TooLong', field, body: `Too long: may not be more than ${maxBytes} ${unit}` };
}

/** A negative `actual` keeps the count out of the message. */
export function tooMany(field: string, actual: number, max: number): FieldProblem {
  const head = actual < 0 ? 'Too many' : `Too many: ${actual}`;
  return { type: 'TooMany', field, body: `${head}: must have at most ${max} ${max === 1 ? 'item' : 'items'}` };
}

export function tooFew(field: string, actual: number, min: number): FieldProblem {
  return {
    type: 'TooFew',
    field,
    body: `Too few: ${actual}: must have at least ${min} ${min === 1 ? 'item' : 'items'}`,
  };
}

export function tooShort(field: string, min: number): FieldProblem {
  const unit = min === 1 ? 'character' : 'characters';
  return { type: 'TooShort', field, body: `Too short: must be at least ${min} ${unit}` };
}

export function internalProblem(field: string, detail: string): FieldProblem {
  return { type: 'InternalError', field, body: withDetail('Internal error', detail) };
}
