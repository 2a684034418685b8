import * as t from '../types/type.ts';
import { ArrayList, CelTypeValue, CelUint, type CelValue, EntriesMap } from '../values/value.ts';
import type { WireValue } from './case.ts';

const special: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };

/** Converts a value of the test data. */
export function wireValue(wire: WireValue): CelValue {
  const [[kind, content] = ['nullValue', null]] = Object.entries(wire);
  switch (kind) {
    case 'nullValue':
      return null;
    case 'boolValue':
    case 'stringValue':
      return content as string;
    case 'int64Value':
      return BigInt(content as string);
    case 'uint64Value':
      return new CelUint(BigInt(content as string));
    case 'doubleValue':
      return typeof content === 'string' ? (special[content] ?? Number(content)) : (content as number);
    case 'bytesValue':
      return Uint8Array.from(atob(content as string), (char) => char.charCodeAt(0));
    case 'typeValue':
      return new CelTypeValue(content as string);
    case 'listValue':
      return new ArrayList(((content as { values?: WireValue[] }).values ?? []).map(wireValue));
    case 'mapValue': {
      const entries = (content as { entries?: { key: WireValue; value: WireValue }[] }).entries ?? [];
      return new EntriesMap(entries.map(({ key, value }) => [wireValue(key), wireValue(value)]));
    }
    default:
      throw new Error(`Cannot read value of kind "${kind}"`);
  }
}

const primitives: Readonly<Record<string, t.CelType>> = {
  BOOL: t.boolType,
  INT64: t.intType,
  UINT64: t.uintType,
  DOUBLE: t.doubleType,
  STRING: t.stringType,
  BYTES: t.bytesType,
};

/** Converts a type of the test data. */
export function wireType(wire: WireValue): t.CelType {
  const [[kind, content] = ['dyn', {}]] = Object.entries(wire);
  const inside = content as Record<string, WireValue>;
  switch (kind) {
    case 'primitive':
      return primitives[content as string] ?? t.dynType;
    case 'listType':
      return t.listType(wireType(inside.elemType ?? {}));
    case 'mapType':
      return t.mapType(wireType(inside.keyType ?? {}), wireType(inside.valueType ?? {}));
    case 'null':
      return t.nullType;
    case 'wellKnown':
      return content === 'TIMESTAMP' ? t.timestampType : content === 'DURATION' ? t.durationType : t.dynType;
    case 'type':
      return t.typeType(wireType(inside as WireValue));
    case 'typeParam':
      return t.paramType(content as string);
    case 'abstractType': {
      const { name, parameterTypes = [] } = content as { name: string; parameterTypes?: WireValue[] };
      return t.opaqueType(name, ...parameterTypes.map(wireType));
    }
    default:
      return t.dynType;
  }
}
