import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Frame, frameKey, type Measure, type StackProfile } from './stack-profile.ts';

/** Field numbers of `perftools.profiles` (profile.proto of google/pprof), of those that are written. */
const fields = {
  profile: {
    sampleType: 1,
    sample: 2,
    mapping: 3,
    location: 4,
    function: 5,
    stringTable: 6,
    timeNanos: 9,
    durationNanos: 10,
    periodType: 11,
    period: 12,
    comment: 13,
    defaultSampleType: 14,
  },
  valueType: { type: 1, unit: 2 },
  sample: { locationIds: 1, values: 2 },
  mapping: { id: 1, filename: 5, hasFunctions: 7, hasFilenames: 8, hasLineNumbers: 9 },
  location: { id: 1, mappingId: 2, line: 4 },
  line: { functionId: 1, line: 2 },
  function: { id: 1, name: 2, systemName: 3, filename: 4, startLine: 5 },
} as const;

/** The profile as `go tool pprof` and other viewers read it: profile.proto, by gzip. */
export async function pprofMessage(profile: StackProfile): Promise<Uint8Array> {
  return packed(plainMessage(profile));
}

const packed = promisify<Uint8Array, Uint8Array>(gzip);

function plainMessage(profile: StackProfile): Uint8Array {
  const texts = new TextTable();
  const message = new Message();
  const { profile: at } = fields;
  const measure = ({ type, unit }: Measure): Message =>
    new Message().integer(fields.valueType.type, texts.index(type)).integer(fields.valueType.unit, texts.index(unit));
  for (const one of profile.measures) message.message(at.sampleType, measure(one));

  const functions = new Map<string, number>();
  const places = new Message();
  const place = (frame: Frame): number => {
    const key = frameKey(frame);
    const known = functions.get(key);
    if (known !== undefined) return known;
    // Each function has one location: V8 reports functions, not addresses in them.
    const id = functions.size + 1;
    functions.set(key, id);
    const name = texts.index(frame.name);
    const { function: own, location, line } = fields;
    places.message(
      at.function,
      new Message()
        .integer(own.id, id)
        .integer(own.name, name)
        .integer(own.systemName, name)
        .integer(own.filename, texts.index(frame.file))
        .integer(own.startLine, frame.line),
    );
    places.message(
      at.location,
      new Message()
        .integer(location.id, id)
        .integer(location.mappingId, 1)
        .message(location.line, new Message().integer(line.functionId, id).integer(line.line, frame.line)),
    );
    return id;
  };
  for (const { stack, values } of profile.samples)
    message.message(
      at.sample,
      new Message().integers(fields.sample.locationIds, stack.map(place)).integers(fields.sample.values, values),
    );
  // Names are there already: readers need not ask for them by address.
  const { mapping } = fields;
  message.message(
    at.mapping,
    new Message()
      .integer(mapping.id, 1)
      .integer(mapping.filename, texts.index('node'))
      .integer(mapping.hasFunctions, 1)
      .integer(mapping.hasFilenames, 1)
      .integer(mapping.hasLineNumbers, 1),
  );
  message.append(places);
  message.integer(at.timeNanos, BigInt(Math.round(profile.takenAt * 1000)) * 1000n);
  message.integer(at.durationNanos, Math.round((profile.durationMs ?? 0) * 1e6));
  if (profile.period) message.message(at.periodType, measure(profile.period)).integer(at.period, profile.period.length);
  for (const comment of profile.comments ?? []) message.integer(at.comment, texts.index(comment));
  if (profile.shown) message.integer(at.defaultSampleType, texts.index(profile.shown));
  for (const text of texts.all) message.text(at.stringTable, text);
  return message.bytes();
}

/** Texts by number, each once; the first is the empty one. */
class TextTable {
  readonly #numbers = new Map<string, number>([['', 0]]);

  index(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  get all(): Iterable<string> {
    return this.#numbers.keys();
  }
}

/** A protobuf message that grows field by field; zero numbers are omitted. */
class Message {
  readonly #parts: Uint8Array[] = [];

  /** Varints; negative ones in two's complement. */
  integer(field: number, value: number | bigint): this {
    if (BigInt(value) !== 0n) this.#parts.push(Uint8Array.of(...varint(field << 3), ...varint(value)));
    return this;
  }

  /** Packed: all values behind one tag. */
  integers(field: number, values: readonly number[]): this {
    return this.#delimited(field, Uint8Array.from(values.flatMap(varint)));
  }

  text(field: number, text: string): this {
    return this.#delimited(field, Buffer.from(text));
  }

  message(field: number, inner: Message): this {
    return this.#delimited(field, inner.bytes());
  }

  append(other: Message): void {
    for (const part of other.#parts) this.#parts.push(part);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  #delimited(field: number, bytes: Uint8Array): this {
    this.#parts.push(Uint8Array.of(...varint((field << 3) | 2), ...varint(bytes.length)), bytes);
    return this;
  }
}

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return bytes;
}
