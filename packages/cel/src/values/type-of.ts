import {
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
  stringType,
  timestampType,
  typeType,
  uintType,
} from '../types/type.ts';
import {
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
} from './value.ts';

const anyList = listType(dynType);
const anyMap = mapType(dynType, dynType);
const anyOptional = optionalType(dynType);
const anyTypeValue = typeType(dynType);

/** The type of a value, without looking at the contents of lists and maps. */
export function typeOf(value: CelValue): CelType {
  switch (typeof value) {
    case 'string':
      return stringType;
    case 'bigint':
      return intType;
    case 'number':
      return doubleType;
    case 'boolean':
      return boolType;
    default:
  }
  if (value === null) return nullType;
  if (value instanceof CelList) return anyList;
  if (value instanceof CelMap) return value.typeName === undefined ? anyMap : objectType(value.typeName);
  if (value instanceof CelUint) return uintType;
  if (value instanceof CelTimestamp) return timestampType;
  if (value instanceof CelDuration) return durationType;
  if (value instanceof Uint8Array) return bytesType;
  if (value instanceof CelOptional) return anyOptional;
  if (value instanceof CelTypeValue) return anyTypeValue;
  return opaqueType((value as CelOpaque).typeName);
}

/** Whether a value may be passed for a parameter of this type. */
export function hasType(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'list':
      return value instanceof CelList;
    case 'map':
      return value instanceof CelMap;
    case 'object':
      return value instanceof CelMap && value.typeName === type.name;
    case 'opaque':
      if (type.name === 'optional_type') return value instanceof CelOptional;
      return value instanceof CelOpaque && value.typeName === type.name;
    default:
      return typeOf(value).kind === type.kind;
  }
}
