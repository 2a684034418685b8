/**
 * A CEL type. `params` are the type parameters: of lists (element), maps (key, value), type values and opaque types.
 */
export interface CelType {
  readonly kind:
    | 'dyn'
    | 'null'
    | 'bool'
    | 'int'
    | 'uint'
    | 'double'
    | 'string'
    | 'bytes'
    | 'timestamp'
    | 'duration'
    | 'list'
    | 'map'
    | 'type'
    | 'object'
    | 'opaque'
    | 'param'
    | 'error';
  /** The name of an object type, opaque type or parameter. */
  readonly name: string;
  readonly params: readonly CelType[];
}

const simple = (kind: CelType['kind'], name: string = kind): CelType => ({ kind, name, params: [] });

export const dynType = simple('dyn');
export const nullType = simple('null');
export const boolType = simple('bool');
export const intType = simple('int');
export const uintType = simple('uint');
export const doubleType = simple('double');
export const stringType = simple('string');
export const bytesType = simple('bytes');
export const timestampType = simple('timestamp');
export const durationType = simple('duration');
export const errorType = simple('error', '!error!');

export const listType = (element: CelType): CelType => ({ kind: 'list', name: 'list', params: [element] });
export const mapType = (key: CelType, value: CelType): CelType => ({ kind: 'map', name: 'map', params: [key, value] });
export const typeType = (of: CelType): CelType => ({ kind: 'type', name: 'type', params: [of] });
/** A type with fields, which the environment declares. */
export const objectType = (name: string): CelType => simple('object', name);
/** A type without fields, usable only through functions. */
export const opaqueType = (name: string, ...params: CelType[]): CelType => ({ kind: 'opaque', name, params });
export const paramType = (name: string): CelType => simple('param', name);
export const optionalType = (of: CelType): CelType => opaqueType('optional_type', of);

export const isOptional = (type: CelType): boolean => type.kind === 'opaque' && type.name === 'optional_type';

/** The type as messages show it: `list(int)`, `map(string, dyn)`. */
export function typeText(type: CelType): string {
  const name = type.name;
  return type.params.length === 0 ? name : `${name}(${type.params.map(typeText).join(', ')})`;
}

/** The type names that expressions can use as values. */
export const namedTypes: ReadonlyMap<string, CelType> = new Map([
  ['bool', boolType],
  ['int', intType],
  ['uint', uintType],
  ['double', doubleType],
  ['string', stringType],
  ['bytes', bytesType],
  ['list', listType(dynType)],
  ['map', mapType(dynType, dynType)],
  ['null_type', nullType],
  ['type', typeType(dynType)],
  ['optional_type', optionalType(dynType)],
  ['google.protobuf.Timestamp', timestampType],
  ['google.protobuf.Duration', durationType],
]);

/** The name of the value that `type(x)` returns. */
export function runtimeTypeName(type: CelType): string {
  switch (type.kind) {
    case 'null':
      return 'null_type';
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    default:
      return type.name;
  }
}

/** The type as Go prints it: `list(google.protobuf.Timestamp)`. */
export function runtimeTypeText(type: CelType): string {
  const name = runtimeTypeName(type);
  return type.params.length === 0 ? name : `${name}(${type.params.map(runtimeTypeText).join(', ')})`;
}
