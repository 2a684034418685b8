import { isJsonObject, type JsonObject, setMember } from './schema/schema.ts';

/**
 * JSON whose integers keep all their digits. JavaScript's numbers have 53 bits, those of the API 64: larger ones are
 * bigints, so that equal numbers are equal values. Such numbers are rare (identifiers, "unlimited"), and code that
 * calculates with a field that may hold one uses `Number()`.
 */
export function parseExactJson(text: string): unknown {
  return sixteenDigits.test(text) ? JSON.parse(text, exactly as Parameters<typeof JSON.parse>[1]) : JSON.parse(text);
}

/** Written out, the engine skips to where digits may be; for a count it would look at every place of the text. */
const sixteenDigits = new RegExp('[0-9]'.repeat(16));

function exactly(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?[0-9]+$/.test(source ?? '')) return value;
  return exactInteger(BigInt(source as string));
}

/**
 * A number that is written with a fraction or an exponent, `1.0`, or with more than 64 bits: for upstream's decoder
 * that is not an integer, whatever its value.
 */
export class WrittenNumber extends Number {
  readonly source: string;

  constructor(source: string) {
    super(source);
    this.source = source;
  }

  /** It is written as it was. */
  toJSON(): unknown {
    return rawJson(this.source);
  }
}

const fraction = /[0-9](?:\.[0-9]+|[eE][+-]?[0-9]+)[\s,}\]]/;

/** Whether a JSON text may have such numbers; texts within it may look like them. */
export const hasWrittenNumbers = (json: string): boolean => fraction.test(json) || sixteenDigits.test(json);

/** The document with them as what they are written like, where the number does not tell; for {@link decodeObject}, which turns them into numbers. */
export function parseAsWritten(json: string): unknown {
  const reviver = (key: string, value: unknown, context: { readonly source?: string }): unknown => {
    const exact = exactly(key, value, context);
    if (typeof exact !== 'number' || context.source === undefined) return exact;
    const isExact = Number.isSafeInteger(exact) && !/[.eE]/.test(context.source);
    return isExact || String(exact) === context.source ? exact : new WrittenNumber(context.source);
  };
  return JSON.parse(json, reviver as Parameters<typeof JSON.parse>[1]);
}

/** A value without them. */
export function plainNumbers(value: unknown): unknown {
  if (value instanceof WrittenNumber) return Number(value);
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (!isJsonObject(value)) return value;
  const plain: JsonObject = {};
  for (const [name, member] of Object.entries(value)) setMember(plain, name, plainNumbers(member));
  return plain;
}

/** An integer as JSON of this program has it: a number where that is exact; where 64 bits do not hold it, the nearest number, as Go's decoder has it. */
export function exactInteger(value: bigint): number | bigint {
  const near = Number(value);
  if (Number.isSafeInteger(near) || BigInt.asIntN(64, value) !== value) return near;
  writable();
  return value;
}

/** JSON.stringify refuses bigints without a toJSON; an existing one is kept. */
function writable(): void {
  const prototype = BigInt.prototype as { toJSON?: () => unknown };
  if (Object.hasOwn(prototype, 'toJSON')) return;
  Object.defineProperty(prototype, 'toJSON', {
    configurable: true,
    writable: true,
    value(this: bigint) {
      return rawJson(this.toString());
    },
  });
}

/** ECMAScript 2026's, which the compiler does not know yet. */
const rawJson = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
