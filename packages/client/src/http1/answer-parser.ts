import { type AnswerHead, parseHead } from './answer-head.ts';
import { MalformedAnswerError } from './malformed-answer.ts';

/** Receives the parts of a response, in order. */
interface AnswerSink {
  head(head: AnswerHead): void;
  /** A part of the body: a view of what was pushed, never empty. */
  body(part: Uint8Array): void;
  /** The answer is complete. `reusable`: the connection takes another request. */
  end(reusable: boolean): void;
}

/** What the next byte belongs to. */
type Place = 'nowhere' | 'head' | 'length' | 'chunk size' | 'chunk' | 'chunk end' | 'trailer' | 'close';

const maxHeadBytes = 256 * 1024;
const maxLineBytes = 16 * 1024;
const newline = 10;
const chunkSize = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/;

/**
 * Splits the data of one connection into responses (RFC 9112): one for each `expect`. Skips interim responses (1xx),
 * and reads and drops trailers. Throws MalformedAnswerError.
 */
export class AnswerParser {
  readonly #sink: AnswerSink;
  #place: Place = 'nowhere';
  #method = '';
  #head: AnswerHead | undefined;
  /** Bytes of the body or the chunk that are still to come. */
  #left = 0;
  /** The beginning of something that is not complete yet. */
  #begun: Buffer | undefined;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** A request of this method is on its way. */
  expect(method: string): void {
    this.#place = 'head';
    this.#method = method;
    this.#head = undefined;
  }

  push(chunk: Buffer): void {
    const data = this.#begun ? Buffer.concat([this.#begun, chunk]) : chunk;
    this.#begun = undefined;
    for (let at = 0; at < data.length; ) {
      const next = this.#read(data, at);
      if (next === undefined) {
        this.#begun = data.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** No more data will come, which is how some responses end. */
  close(): void {
    if (this.#place === 'close') this.#finish(false);
  }

  /** Parses the element at `at`; returns where the next one begins, or undefined when more data is needed. */
  #read(data: Buffer, at: number): number | undefined {
    switch (this.#place) {
      case 'nowhere':
        throw new MalformedAnswerError('data without a request');
      case 'head':
        return this.#readHead(data, at);
      case 'length':
      case 'chunk':
        return this.#readBody(data, at);
      case 'close':
        this.#sink.body(data.subarray(at));
        return data.length;
      case 'chunk end':
        if (data.length < at + 2) return undefined;
        if (data[at] !== 13 || data[at + 1] !== newline) throw new MalformedAnswerError('chunk longer than its size');
        this.#place = 'chunk size';
        return at + 2;
      default:
        return this.#readLine(data, at);
    }
  }

  #readHead(data: Buffer, at: number): number | undefined {
    const end = data.indexOf('\r\n\r\n', at, 'latin1');
    if ((end < 0 ? data.length : end) - at > maxHeadBytes) throw new MalformedAnswerError('headers too long');
    if (end < 0) return undefined;
    const head = parseHead(data.toString('latin1', at, end), this.#method);
    const next = end + 4;
    if (head.status < 200) {
      if (head.status === 101) throw new MalformedAnswerError('protocol switched without being asked');
      return next;
    }
    this.#head = head;
    this.#sink.head(head);
    const { framing } = head;
    if (framing.by === 'length') {
      this.#left = framing.bytes;
      this.#place = 'length';
      if (framing.bytes === 0) this.#finish(next === data.length);
    } else this.#place = framing.by === 'chunks' ? 'chunk size' : 'close';
    return next;
  }

  #readBody(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + this.#left);
    this.#left -= end - at;
    this.#sink.body(at === 0 && end === data.length ? data : data.subarray(at, end));
    if (this.#left === 0) {
      if (this.#place === 'chunk') this.#place = 'chunk end';
      else this.#finish(end === data.length);
    }
    return end;
  }

  #readLine(data: Buffer, at: number): number | undefined {
    const end = data.indexOf(newline, at);
    if ((end < 0 ? data.length : end) - at > maxLineBytes) throw new MalformedAnswerError('line too long');
    if (end < 0) return undefined;
    if (data[end - 1] !== 13 || end === at) throw new MalformedAnswerError('line without its carriage return');
    const line = data.toString('latin1', at, end - 1);
    if (this.#place === 'trailer') {
      if (line === '') this.#finish(end + 1 === data.length);
      return end + 1;
    }
    const [, size] = chunkSize.exec(line) ?? [];
    if (size === undefined) throw new MalformedAnswerError(`bad chunk size ${JSON.stringify(line.slice(0, 100))}`);
    this.#left = Number.parseInt(size, 16);
    this.#place = this.#left === 0 ? 'trailer' : 'chunk';
    return end + 1;
  }

  #finish(nothingFollows: boolean): void {
    const reusable = nothingFollows && this.#head?.keepAlive === true;
    this.#place = 'nowhere';
    this.#sink.end(reusable);
  }
}
