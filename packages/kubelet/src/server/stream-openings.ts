import type { Farewell } from '@typernetes/process';

/** Kinds of SPDY/3.1's control frames (draft 3.1, 2.6). */
const kind = { synStream: 1, synReply: 2, reset: 3, goAway: 7 } as const;

/** A frame's length is in its first 8 bytes; the kinds above begin with a stream's number, in 4 more. */
const headLength = 8;
const numberedLength = 12;

/**
 * Follows a SPDY/3.1 connection by the heads of its frames: it is over for the runtime once all streams that the client has opened have their answers. The SPDY
 * library of containerd (moby/spdystream) must not hear of the end of a connection while it answers the beginning of a stream on it: the answer is
 * dropped, and whoever writes to that stream waits for it for ever. With an attached stream that is the container's output, and its end, which the
 * pod never comes to then. A goaway frame is such an end, too.
 */
export class StreamOpenings implements Farewell {
  readonly patienceMs = 2_000;
  readonly #unanswered = new Set<number>();
  readonly #forth = new FrameHeads();
  readonly #back = new FrameHeads();
  readonly #response = new ResponseHead();

  get due(): boolean {
    return this.#unanswered.size === 0;
  }

  sent(chunk: Uint8Array): number {
    for (const frame of this.#forth.read(chunk)) {
      if (frame.kind === kind.synStream) this.#unanswered.add(frame.stream);
      // Where its first bytes came before and have passed, the rest of it is enough to hold.
      if (frame.kind === kind.goAway && !this.due) return Math.max(frame.at, 0);
    }
    return chunk.length;
  }

  answered(chunk: Uint8Array): void {
    for (const frame of this.#back.read(this.#response.skip(chunk))) {
      if (frame.kind === kind.synReply || frame.kind === kind.reset) this.#unanswered.delete(frame.stream);
    }
  }
}

interface FrameHead {
  readonly kind: number;
  readonly stream: number;
  /** Where the frame begins in the chunk; negative when it began in an earlier one. */
  readonly at: number;
}

/** Finds the control frames of one direction that name a stream, however their bytes are divided into chunks. */
class FrameHeads {
  readonly #head = Buffer.alloc(numberedLength);
  #filled = 0;
  /** Bytes of the current frame that are still to come and say nothing here. */
  #skipped = 0;

  *read(chunk: Uint8Array): Generator<FrameHead> {
    let at = 0;
    while (at < chunk.length) {
      const passed = Math.min(this.#skipped, chunk.length - at);
      this.#skipped -= passed;
      at += passed;
      const wanted = this.#wanted();
      const taken = chunk.subarray(at, at + wanted - this.#filled);
      this.#head.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled < this.#wanted()) continue;
      const found = this.#complete(at);
      if (found) yield found;
    }
  }

  /** The length of the part of the frame that is read, as far as that is known. */
  #wanted(): number {
    if (this.#filled < headLength) return headLength;
    return this.#isControl() && this.#length() >= 4 ? numberedLength : headLength;
  }

  /** `at` is where the part that is read ends. */
  #complete(at: number): FrameHead | undefined {
    const read = this.#filled;
    this.#filled = 0;
    this.#skipped = headLength + this.#length() - read;
    if (read < numberedLength) return undefined;
    return { kind: this.#head.readUInt16BE(2), stream: this.#head.readUInt32BE(8) & 0x7fff_ffff, at: at - read };
  }

  #isControl(): boolean {
    return ((this.#head[0] ?? 0) & 0x80) !== 0;
  }

  #length(): number {
    return this.#head.readUIntBE(5, 3);
  }
}

/** The runtime's answer to the upgrade, which comes before its frames. */
class ResponseHead {
  #matched = 0;

  /** What of the chunk comes after the empty line. */
  skip(chunk: Uint8Array): Uint8Array {
    const end = '\r\n\r\n';
    let at = 0;
    for (; at < chunk.length && this.#matched < end.length; at++) {
      if (chunk[at] === end.charCodeAt(this.#matched)) this.#matched += 1;
      else this.#matched = chunk[at] === 0x0d ? 1 : 0;
    }
    return chunk.subarray(at);
  }
}
