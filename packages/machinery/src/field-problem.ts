/** What is wrong with one field, in the classes of upstream's field errors. */
export type FieldProblemType =
  | 'Required'
  | 'Invalid'
  | 'Duplicate'
  | 'NotFound'
  | 'NotSupported'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany'
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
  TooMany: 'FieldValueTooMany',
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
