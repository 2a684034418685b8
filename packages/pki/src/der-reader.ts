/** The tags of DER that certificates have. */
export const derTag = {
  integer: 0x02,
  bitString: 0x03,
  objectIdentifier: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  /** `[0]`, as a wrapper of another value. */
  firstContext: 0xa0,
} as const;

/** Reads one DER value after the other, as strictly as Go's cryptobyte: lengths in as few bytes as they need. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Of the next value; undefined at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The contents of the next value; undefined if it has another tag, or does not end. Then nothing was read. */
  read(tag: number): Buffer | undefined {
    const first = this.#bytes[this.#at + 1];
    if (this.tag !== tag || first === undefined) return undefined;
    const sizeBytes = first < 0x80 ? 0 : first - 0x80;
    const start = this.#at + 2 + sizeBytes;
    const size = sizeBytes === 0 ? first : this.#longSize(sizeBytes);
    if (size === undefined || start + size > this.#bytes.length) return undefined;
    this.#at = start + size;
    return this.#bytes.subarray(start, start + size);
  }

  #longSize(sizeBytes: number): number | undefined {
    const from = this.#at + 2;
    if (sizeBytes === 0 || sizeBytes > 4 || from + sizeBytes > this.#bytes.length) return undefined;
    const size = this.#bytes.readUIntBE(from, sizeBytes);
    const fewest = size < 0x80 ? 0 : Math.ceil(Math.log2(size + 1) / 8);
    return fewest === sizeBytes ? size : undefined;
  }
}
