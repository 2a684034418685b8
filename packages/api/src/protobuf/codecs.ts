import type { WireWriter } from '@typernetes/base';
import { type WireReader, wire } from '@typernetes/base';
import { exactInteger, formatDuration, parseDuration, parseExactJson, parseTime } from '@typernetes/machinery';

/** The wire format of a value that is not a message with fields. Values are in JSON's form. */
export interface Codec {
  readonly wireType: number;
  /** Writes the value without its tag and, if length-delimited, without its length. */
  write(writer: WireWriter, value: unknown): void;
  read(reader: WireReader): unknown;
  /** The value written when it is absent; undefined: nothing is written. */
  readonly zero: unknown;
}

const text: Codec = {
  wireType: wire.bytes,
  write: (writer, value) => writer.text(value as string),
  read: (reader) => reader.text(),
  zero: '',
};

function readSigned(reader: WireReader): number | bigint {
  const value = reader.integer();
  return typeof value === 'bigint' ? exactInteger(value) : value;
}

const signed: Codec = {
  wireType: wire.varint,
  write: (writer, value) => (typeof value === 'bigint' ? writer.exact(value) : writer.varint(value as number)),
  read: readSigned,
  zero: 0,
};

const unsigned: Codec = { ...signed, read: (reader) => reader.varint() };

const bool: Codec = {
  wireType: wire.varint,
  write: (writer, value) => writer.byte(value === true ? 1 : 0),
  read: (reader) => reader.varint() !== 0,
  zero: false,
};

const double: Codec = {
  wireType: wire.fixed64,
  write: (writer, value) => writer.double(value as number),
  read: (reader) => reader.double(),
  zero: 0,
};

const base64Bytes: Codec = {
  wireType: wire.bytes,
  write: (writer, value) => writer.raw(Uint8Array.fromBase64(value as string)),
  read: (reader) => reader.bytes().toBase64(),
  zero: undefined,
};

/** `{1: text}` */
const quantity: Codec = {
  wireType: wire.bytes,
  write: (writer, value) => writeText(writer, 1, String(value)),
  read: (reader) => {
    let found = '0';
    eachField(reader, (number) => {
      if (number === 1) found = reader.text();
    });
    return found;
  },
  zero: '0',
};

/** `{1: 0 for a number or 1 for a text, 2: the number, 3: the text}` */
const intOrString: Codec = {
  wireType: wire.bytes,
  write: (writer, value) => {
    writeText(writer, 3, typeof value === 'string' ? value : '');
    writer.varint(typeof value === 'number' ? value : 0);
    writer.byte(2 * 8 + wire.varint);
    writer.byte(typeof value === 'string' ? 1 : 0);
    writer.byte(1 * 8 + wire.varint);
  },
  read: (reader) => {
    let isText = false;
    let number = 0;
    let string = '';
    eachField(reader, (field) => {
      if (field === 1) isText = reader.varint() === 1;
      else if (field === 2) number = reader.signed();
      else if (field === 3) string = reader.text();
    });
    return isText ? string : number;
  },
  zero: 0,
};

/** `{1: seconds, 2: nanoseconds}`; an empty message is no time, null in JSON. */
function timeCodec(micros: boolean): Codec {
  return {
    wireType: wire.bytes,
    write: (writer, value) => {
      const ms = typeof value === 'string' ? parseTime(value) : Number.NaN;
      if (Number.isNaN(ms)) return;
      const seconds = Math.floor(ms / 1000);
      writer.varint(micros ? microsOf(value as string) * 1000 : 0);
      writer.byte(2 * 8 + wire.varint);
      writer.varint(seconds);
      writer.byte(1 * 8 + wire.varint);
    },
    read: (reader) => {
      let seconds: number | undefined;
      let nanos = 0;
      eachField(reader, (field) => {
        if (field === 1) seconds = reader.signed();
        else if (field === 2) nanos = reader.signed();
      });
      return seconds === undefined ? null : timeText(seconds, micros ? nanos : undefined);
    },
    zero: null,
  };
}

/** The microseconds of an RFC 3339 text, which a JavaScript Date would cut off. */
function microsOf(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return Number(fraction.slice(0, 6).padEnd(6, '0'));
}

function timeText(seconds: number, nanos: number | undefined): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new Error(`Timestamp: seconds out of range ${seconds}`);
  const text = date.toISOString().slice(0, 19);
  return nanos === undefined ? `${text}Z` : `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

/** `{1: nanoseconds}` */
const duration: Codec = {
  wireType: wire.bytes,
  write: (writer, value) => {
    writer.varint(Math.round(parseDuration(value as string) * 1e6));
    writer.byte(1 * 8 + wire.varint);
  },
  read: (reader) => {
    let nanos = 0;
    eachField(reader, (field) => {
      if (field === 1) nanos = reader.signed();
    });
    return formatDuration(nanos / 1e6);
  },
  zero: '0s',
};

/** `{1: JSON text}`; an empty message is null. */
const rawJson: Codec = {
  wireType: wire.bytes,
  write: (writer, value) => {
    if (value !== null && value !== undefined) writeText(writer, 1, JSON.stringify(value));
  },
  read: (reader) => {
    let json = '';
    eachField(reader, (field) => {
      if (field === 1) json = reader.text();
    });
    return json === '' ? null : parseExactJson(json);
  },
  zero: null,
};

/** `{1: each item}`: in JSON, plain lists of strings. */
export const listCodec: Codec = {
  wireType: wire.bytes,
  write: (writer, value) => {
    const items = value as readonly string[];
    for (let i = items.length - 1; i >= 0; i--) writeText(writer, 1, items[i] as string);
  },
  read: (reader) => {
    const items: string[] = [];
    eachField(reader, (field) => {
      if (field === 1) items.push(reader.text());
    });
    return items;
  },
  zero: [],
};

/** Codecs by protobuf type. */
export const codecs: Readonly<Record<string, Codec | undefined>> = {
  string: text,
  bytes: base64Bytes,
  bool,
  int32: signed,
  int64: signed,
  uint32: unsigned,
  uint64: unsigned,
  double,
  'resource.Quantity': quantity,
  'intstr.IntOrString': intOrString,
  'meta/v1.Time': timeCodec(false),
  'meta/v1.MicroTime': timeCodec(true),
  'meta/v1.Duration': duration,
  'runtime.RawExtension': rawJson,
  'apiextensions/v1.JSON': rawJson,
  'apiextensions/v1beta1.JSON': rawJson,
  'meta/v1.FieldsV1': rawJson,
};

function writeText(writer: WireWriter, number: number, value: string): void {
  const before = writer.length;
  writer.text(value);
  writer.varint(writer.length - before);
  writer.byte(number * 8 + wire.bytes);
}

/** Reads a length-delimited value field by field; fields that `take` does not read are skipped. */
function eachField(reader: WireReader, take: (number: number) => void): void {
  const length = reader.length();
  const outer = reader.end;
  reader.end = reader.at + length;
  while (reader.more) {
    const tag = reader.varint();
    const at = reader.at;
    take(Math.floor(tag / 8));
    if (reader.at === at) reader.skip(tag & 7);
  }
  reader.end = outer;
}
