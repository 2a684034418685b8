const utf8 = new TextEncoder();

/** Strings up to this length are written character by character, which beats every call for them. */
const shortLength = 48;

/**
 * Writes protobuf from the end to the start: the length of what is nested is known when its head is written, so nothing is
 * measured beforehand. One writer serves one message after the other; encoding never waits in between.
 */
export class WireWriter {
  #bytes = new Uint8Array(64 * 1024);
  #at = 64 * 1024;

  /** How many bytes are written. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** What was written, as an own copy; the writer is empty again. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(this.#at);
    this.#at = this.#bytes.length;
    // A huge message now and then must not keep its memory for ever.
    if (this.#bytes.length > 8 * 1024 * 1024) this.reset(64 * 1024);
    return taken;
  }

  /** A copy of the `size` bytes written last, which stay. */
  last(size: number): Uint8Array {
    return this.#bytes.slice(this.#at, this.#at + size);
  }

  /** Forgets what was written. */
  reset(size = this.#bytes.length): void {
    if (size !== this.#bytes.length) this.#bytes = new Uint8Array(size);
    this.#at = size;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    if (bytes.length > 16) this.#bytes.set(bytes, this.#at);
    else for (let i = 0; i < bytes.length; i++) this.#bytes[this.#at + i] = bytes[i] as number;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[--this.#at] = value;
  }

  /** Integers of up to 64 bits; negative ones in their two's complement. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80) {
      this.#reserve(1);
      this.#bytes[--this.#at] = value;
    } else if (value >= 0 && value <= 0x7fffffff) this.#smallVarint(value);
    else this.exact(BigInt(Math.trunc(value)));
  }

  #smallVarint(value: number): void {
    const size = value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    this.#reserve(size);
    this.#at -= size;
    let rest = value;
    for (let i = 0; i < size - 1; i++) {
      this.#bytes[this.#at + i] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at + size - 1] = rest;
  }

  /** An integer of 64 bits, exactly. */
  exact(value: bigint): void {
    const bytes: number[] = [];
    for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
      if (rest < 0x80n) {
        bytes.push(Number(rest));
        break;
      }
      bytes.push(Number(rest & 0x7fn) | 0x80);
    }
    this.raw(Uint8Array.from(bytes));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    new DataView(this.#bytes.buffer).setFloat64(this.#at, value, true);
  }

  /** The text's bytes without their length. */
  text(text: string): void {
    const { length } = text;
    if (length > shortLength || !this.#shortText(text)) this.#longText(text);
  }

  /** False when the text is not plain ASCII; then nothing is written. */
  #shortText(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const start = this.#at - length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      this.#bytes[start + i] = code;
    }
    this.#at = start;
    return true;
  }

  #longText(text: string): void {
    // A UTF-16 unit is three bytes at most; what is less is moved to the end.
    const room = text.length * 3;
    this.#reserve(room);
    const start = this.#at - room;
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(start, this.#at));
    this.#bytes.copyWithin(this.#at - written, start, start + written);
    this.#at -= written;
  }

  #reserve(size: number): void {
    if (size <= this.#at) return;
    const { length } = this;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, length + size + 1024));
    grown.set(this.#bytes.subarray(this.#at), grown.length - length);
    this.#at = grown.length - length;
    this.#bytes = grown;
  }
}
