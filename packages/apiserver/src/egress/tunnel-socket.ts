import { Duplex } from 'node:stream';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type Packet, packetType } from './konnectivity-packet.ts';

/** Many bytes in one write are several packets, as upstream's client cuts them. */
const mostBytes = 16 * 1024;

/**
 * A connection that a konnectivity server keeps, as Node's clients use one. What is not read is not fetched either: the stream waits. It has no
 * half that could be closed alone: whoever ends it closes it, and what the other side had sent until then still arrives.
 */
export class TunnelSocket extends Duplex {
  readonly #stream: ClientDuplexStream<Packet, Packet>;
  readonly #id: unknown;
  #closed = false;

  constructor(stream: ClientDuplexStream<Packet, Packet>, id: unknown) {
    super();
    this.#stream = stream;
    this.#id = id;
    stream.on('data', (packet: Packet) => this.#receive(packet));
    stream.on('error', (error) => (this.#closed ? undefined : this.destroy(error)));
    stream.on('end', () => this.#ended());
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; at += mostBytes) {
      const last = at + mostBytes >= chunk.length;
      const data = chunk.subarray(at, at + mostBytes);
      this.#stream.write(
        { type: packetType.data, data: { connectID: this.#id, data } },
        last ? () => done() : undefined,
      );
    }
    if (chunk.length === 0) done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.write({ type: packetType.closeRequest, closeRequest: { connectID: this.#id } }, () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#closed) {
      this.#closed = true;
      if (!this.writableEnded)
        this.#stream.write({ type: packetType.closeRequest, closeRequest: { connectID: this.#id } });
      this.#stream.end();
      this.#stream.resume();
    }
    done(error);
  }

  // What else Node's clients ask of a socket: it means nothing here.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  #receive({ type, data, closeResponse }: Packet): void {
    if (this.#closed) return;
    if (type === packetType.data && data) {
      if (!this.push(data.data)) this.#stream.pause();
    } else if (type === packetType.closeResponse) {
      if (closeResponse?.error) this.destroy(new Error(closeResponse.error));
      else this.#ended();
    }
  }

  #ended(): void {
    if (this.#closed || this.readableEnded) return;
    this.push(null);
    // The other side is gone: what is written from now on reaches nobody.
    this.end();
  }
}
