/** The maximum size of a line of chunk metadata, or of all trailers together. */
const mostLineBytes = 4096;
const mostTrailerBytes = 64 * 1024;

type Expecting = 'size' | 'extension' | 'line feed' | 'data' | 'data end' | 'trailer' | 'done';

const [tab, lineFeed, carriageReturn, space, semicolon] = [0x09, 0x0a, 0x0d, 0x20, 0x3b];

/** Takes the chunked coding off a body (RFC 9112, 7.1), however its bytes are split. Extensions and trailers are dropped. */
export class ChunkedDecoder {
  #expecting: Expecting = 'size';
  #left = 0;
  /** The digits of a size, bytes of a line, or characters of an end of line so far, depending on the state. */
  #seen = 0;
  #lineBytes = 0;
  #trailerLine = '';
  #trailerBytes = 0;
  #problem: string | undefined;

  get isDone(): boolean {
    return this.#expecting === 'done';
  }

  /** Why the body is invalid: nothing more is accepted. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Passes on the data in the bytes, and returns how many of them belong to the body: fewer than all only after its
   * end.
   */
  feed(bytes: Buffer, onData: (data: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.#expecting !== 'done' && this.#problem === undefined) {
      if (this.#expecting === 'data') {
        const data = bytes.subarray(at, at + this.#left);
        at += data.length;
        this.#left -= data.length;
        if (this.#left === 0) this.#expect('data end');
        onData(data);
      } else this.#take(bytes[at++] as number);
    }
    return at;
  }

  #take(byte: number): void {
    switch (this.#expecting) {
      case 'size':
        this.#takeSize(byte);
        return;
      case 'extension':
        if (byte === carriageReturn) this.#expect('line feed');
        else if ((byte < space && byte !== tab) || ++this.#lineBytes > mostLineBytes)
          this.#problem = 'malformed chunk extension';
        return;
      case 'line feed':
        if (byte !== lineFeed) this.#problem = 'malformed chunk size';
        else this.#expect(this.#left > 0 ? 'data' : 'trailer');
        return;
      case 'data end':
        if (byte !== (this.#seen === 0 ? carriageReturn : lineFeed)) this.#problem = 'malformed chunk end';
        else if (++this.#seen === 2) this.#expect('size');
        return;
      default:
        this.#takeTrailer(byte);
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.#lineBytes === 0) {
      this.#left = this.#left * 16 + digit;
      if (++this.#seen > 12) this.#problem = 'chunk too large';
    } else if (this.#seen === 0) this.#problem = 'invalid byte in chunk length';
    else if (byte === carriageReturn) this.#expect('line feed');
    else if (byte === semicolon) this.#expect('extension');
    else if ((byte !== space && byte !== tab) || ++this.#lineBytes > mostLineBytes)
      this.#problem = 'invalid byte in chunk length';
  }

  #takeTrailer(byte: number): void {
    if (++this.#trailerBytes > mostTrailerBytes) this.#problem = 'trailers too large';
    else if (byte === lineFeed) {
      if (!this.#trailerLine.endsWith('\r')) this.#problem = 'malformed trailer';
      else if (this.#trailerLine === '\r') this.#expecting = 'done';
      else if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r]*\r$/.test(this.#trailerLine)) this.#problem = 'malformed trailer';
      this.#trailerLine = '';
    } else this.#trailerLine += String.fromCharCode(byte);
  }

  #expect(next: Expecting): void {
    this.#expecting = next;
    this.#seen = 0;
    this.#lineBytes = 0;
    if (next === 'size') this.#left = 0;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
