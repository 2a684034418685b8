export { causeOf, type FieldProblem, type FieldProblemType, problemText } from './field-problem.ts';
export type * from './meta/v1.gen.ts';
export {
  type ApiObject,
  apiVersionOf,
  collectionPath,
  type Draft,
  groupResourceOf,
  keyOf,
  type ObjectKey,
  type ResourceType,
  splitKey,
} from './resource.ts';
export {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  type Named,
  notFound,
  reasonOf,
  StatusError,
  type StatusReason,
  statusCodes,
} from './status-error.ts';
