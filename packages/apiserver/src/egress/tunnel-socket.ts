import { Duplex } from 'node:stream';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type Packet, packetType } from './konnectivity-packet.ts';

/** A larger write is split into several packets, as upstream's client does. */
const mostBytes = 16 * 1024;

/**
 * A connection through a konnectivity server, as Node's clients expect it. Unread data is not fetched: the stream
 * waits. It cannot be half-closed: ending it closes it, and what the other side had sent until then still arrives.
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

  // Other methods that Node's clients call on a socket: they have no effect here.
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
    // The other side is gone: further writes reach nobody.
    this.end();
  }
}
