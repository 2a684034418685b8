const utf8 = new TextDecoder();

const shortLength = 24;

/** How the value behind a tag is written. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Reads protobuf front to back. Nested messages are read by the same reader, up to `end`. Throws Errors in upstream's words. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Where the message that is being read ends. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.end = bytes.length;
  }

  get at(): number {
    return this.#at;
  }

  get more(): boolean {
    return this.#at < this.end;
  }

  /** An unsigned number; past 2^53 the nearest one. */
  varint(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (let i = 1; i < 10; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new Error('proto: integer overflow');
  }

  /** A signed number of 64 bits; past 2^53 the nearest one. */
  signed(): number {
    const start = this.#at;
    const value = this.varint();
    // Ten bytes are a negative number: read again, exactly.
    return value < 2 ** 63 ? value : Number(BigInt.asIntN(64, this.#exact(start)));
  }

  /** A signed number of 64 bits; past 2^53 a bigint. */
  integer(): number | bigint {
    const start = this.#at;
    const near = this.signed();
    return Number.isSafeInteger(near) ? near : BigInt.asIntN(64, this.#exact(start));
  }

  /** The 64 bits of a varint, exactly: signed, or unsigned. */
  exact(kind: 'signed' | 'unsigned'): bigint {
    const start = this.#at;
    this.varint();
    const value = this.#exact(start);
    return kind === 'signed' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  }

  #exact(start: number): bigint {
    let value = 0n;
    for (let i = start; i < this.#at; i++)
      value |= BigInt((this.#bytes[i] as number) & 0x7f) << BigInt(7 * (i - start));
    return value;
  }

  double(): number {
    const start = this.#skip(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getFloat64(start, true);
  }

  /** The length of what follows; it lies within the message. */
  length(): number {
    const length = this.varint();
    if (length > this.end - this.#at) throw eof();
    return length;
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.length();
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(): string {
    const length = this.length();
    const start = this.#skip(length);
    if (length <= shortLength) {
      let text = '';
      for (let i = start; i < start + length; i++) {
        const code = this.#bytes[i] as number;
        if (code >= 0x80) return utf8.decode(this.#bytes.subarray(start, start + length));
        text += String.fromCharCode(code);
      }
      return text;
    }
    return utf8.decode(this.#bytes.subarray(start, start + length));
  }

  /** Passes over a value of a field that is not known. */
  skip(wireType: number): void {
    if (wireType === wire.varint) this.varint();
    else if (wireType === wire.fixed64) this.#skip(8);
    else if (wireType === wire.fixed32) this.#skip(4);
    else if (wireType === wire.bytes) this.#skip(this.length());
    else throw new Error(`proto: illegal wireType ${wireType}`);
  }

  #skip(size: number): number {
    const start = this.#at;
    if (size > this.end - start) throw eof();
    this.#at = start + size;
    return start;
  }

  #byte(): number {
    if (this.#at >= this.end) throw eof();
    return this.#bytes[this.#at++] as number;
  }
}

const eof = (): Error => new Error('unexpected EOF');
