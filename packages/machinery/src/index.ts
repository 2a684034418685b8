export {
  type Applied,
  type Applier,
  type ApplyStates,
  applyAcrossVersions,
  applyConfiguration,
} from './apply/apply-configuration.ts';
export { type Comparison, compareObjects } from './apply/compare.ts';
export { type Fields, fieldsOfPaths } from './apply/fields.ts';
export { managedFieldsProblem } from './apply/managers.ts';
export { entriesBefore, trackUpdate, type UpdateStates, type Writer } from './apply/track-update.ts';
export { type ChangesElsewhere, changesIn, type KindVersions, otherVersions } from './apply/versions.ts';
export { type ConditionLike, findCondition, isConditionTrue, withCondition, withoutCondition } from './conditions.ts';
export { exactInteger, hasWrittenNumbers, parseAsWritten, parseExactJson } from './exact-json.ts';
export { childPath, type FieldPath, indexPath, keyPath } from './field-path.ts';
export {
  duplicateValue,
  type FieldProblem,
  type FieldProblemType,
  forbiddenValue,
  internalProblem,
  invalidType,
  invalidValue,
  notFoundValue,
  omittedValue,
  problemText,
  requiredValue,
  tooFew,
  tooLong,
  tooMany,
  tooShort,
  unsupportedValue,
} from './field-problem.ts';
export { everyField, type FieldRequirement, type FieldSelector, parseFieldSelector } from './fields.ts';
export { goFloat } from './go-float.ts';
export { goType, goValue } from './go-syntax.ts';
export { canonicalJson, fnv32a, objectHash } from './hash.ts';
export { type IntOrString, isPercent, resolveIntOrPercent } from './int-or-string.ts';
export { jsonCopy } from './json/copy.ts';
export { jsonEqual, membersEqual } from './json/equal.ts';
export { jsonProblem } from './json-problem.ts';
export {
  compileJsonPath,
  type JsonPath,
  printedJsonPath,
  relaxedJsonPath,
  valuesAt,
} from './jsonpath/jsonpath.ts';
export { parseSelector } from './labels/parse.ts';
export {
  everything,
  formatLabelSelector,
  type LabelOperator,
  type LabelRequirement,
  type Labels,
  nothing,
  requirementMatches,
  type Selector,
  selectorFromLabels,
  selectorFromObject,
  selectorOf,
} from './labels/selector.ts';
export type * from './meta/v1.gen.ts';
export {
  cIdentifierProblems,
  configKeyProblems,
  dns1035LabelProblems,
  envVarNameProblems,
  httpHeaderNameProblems,
  labelNameProblems,
  labelValueProblems,
  pathSegmentProblems,
  percentProblems,
  portNameProblems,
  portProblems,
  prefixOf,
  qualifiedNameProblems,
  regexProblem,
  subdomainProblems,
  wildcardSubdomainProblems,
} from './names.ts';
export { controllerOf, controllerReference, isControlledBy, ownerReference } from './owners.ts';
export { applyJsonPatch, type JsonPatchOperation, parseJsonPatch } from './patch/json-patch.ts';
export {
  applyMergePatch,
  createMergePatch,
  createThreeWayJsonMergePatch,
  type ThreeWay,
} from './patch/merge-patch.ts';
export { isFailedTest } from './patch/patch-errors.ts';
export { type StrategicConflict, strategicConflict } from './patch/strategic-conflict.ts';
export { createStrategicPatch, createThreeWayStrategicPatch } from './patch/strategic-diff.ts';
export { applyStrategicMergePatch } from './patch/strategic-merge.ts';
export {
  addQuantities,
  approximateValue,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  maxQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  type QuantityFormat,
  quantityOf,
  quantityOfMilli,
  subtractQuantities,
  wholeValue,
  zeroQuantity,
} from './quantity.ts';
export { queryEscaped } from './query-escape.ts';
export { isTrueParameter } from './query-parameter.ts';
export { goQuote } from './quote.ts';
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
export { type Decoded, decodeObject, hadEmptyMap, jsonKind, undecodable } from './schema/decode.ts';
export { duplicateField, duplicateFields, memberProblems, unknownField } from './schema/duplicate-fields.ts';
export {
  type AnySchema,
  anySchema,
  type FieldSchema,
  isJsonObject,
  type JsonObject,
  type ListSchema,
  type MapSchema,
  memberSchema,
  ownMember,
  type ScalarSchema,
  type ScalarType,
  type Schema,
  type StructSchema,
  setMember,
} from './schema/schema.ts';
export { typeMisfits } from './schema/type-misfits.ts';
export {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  generatedNameTaken,
  ifFound,
  invalid,
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNamespaceTerminating,
  isNotFound,
  type Named,
  notFound,
  reasonOf,
  StatusError,
  type StatusReason,
  statusCodes,
} from './status-error.ts';
export { formatDuration, humanDuration, parseDuration, parseTime, shortHumanDuration } from './time.ts';
export { timeProblem } from './time-problem.ts';
