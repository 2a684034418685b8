export {
  compileDeviceSelector,
  type DeviceAttributeValue,
  deviceSelectorCost,
  type SelectableDevice,
  selectsDevice,
} from './environment/device.ts';
export {
  createEnvironment,
  type Environment,
  type EnvironmentOptions,
  extendEnvironment,
} from './environment/environment.ts';
export { costLimits, kubernetesEnvironment } from './environment/kubernetes.ts';
export { addresses } from './library/addresses.ts';
export {
  type Ask,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  authorization,
  authorizerType,
  celAuthorizer,
  celRequestResource,
  resourceCheckType,
} from './library/authorizer.ts';
export { comprehensions } from './library/comprehensions.ts';
export { namedFormats } from './library/formats.ts';
export { listExtensions, lists } from './library/lists.ts';
export { lazyOptionals, optionals } from './library/optionals.ts';
export { fn, type Library, method, type Overload } from './library/overload.ts';
export { PendingAnswer } from './library/pending.ts';
export { quantities } from './library/quantity.ts';
export { pattern, regexSearches } from './library/regex.ts';
export { semvers } from './library/semver.ts';
export { sets } from './library/sets.ts';
export { strings } from './library/strings.ts';
export { urls } from './library/urls.ts';
export {
  type CompileOptions,
  compile,
  type EvaluateOptions,
  type Evaluation,
  Program,
  ResultTypeError,
  type Variables,
} from './program.ts';
export { selectsField } from './syntax/selections.ts';
export { CelCompileError, type Issue } from './syntax/source-error.ts';
export { type DeclaredField, type DeclaredType, listOf, mapOf, recordType } from './types/declared-type.ts';
export { escapedPropertyName } from './types/property-name.ts';
export { schemaType, type TypedSchema } from './types/schema-type.ts';
export {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  objectType,
  opaqueType,
  optionalType,
  paramType,
  stringType,
  timestampType,
  typeText,
  typeType,
  uintType,
} from './types/type.ts';
export { type Address, addressText, parseAddress } from './values/address.ts';
export { fromJson, madeTypeOf, toJson } from './values/json-value.ts';
export {
  ArrayList,
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  CostLimitError,
  EntriesMap,
} from './values/value.ts';
