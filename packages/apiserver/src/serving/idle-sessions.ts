import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Clock } from '@typernetes/base';

const roundMs = 30_000;
/**
 * As for an idle HTTP/1.1 connection: 180 s, twice as long as clients of Go's library keep theirs, so that it is they
 * who close it.
 */
const mostRounds = 6;

interface Use {
  streams: number;
  /** The round in which the last stream ended. */
  since: number;
}

/** The HTTP/2 connections of a server. Closes idle ones. */
export class IdleSessions {
  readonly #clock: Clock;
  readonly #uses = new Map<ServerHttp2Session, Use>();
  #round = 0;
  #cancelRound: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(session: ServerHttp2Session): void {
    this.#uses.set(session, { streams: 0, since: this.#round });
    session.once('close', () => {
      this.#uses.delete(session);
      if (this.#uses.size > 0) return;
      this.#cancelRound?.();
      this.#cancelRound = undefined;
    });
    if (!this.#cancelRound) this.#scheduleRound();
  }

  began(session: ServerHttp2Session, stream: ServerHttp2Stream): void {
    const use = this.#uses.get(session);
    if (!use) return;
    use.streams++;
    stream.once('close', () => {
      use.streams--;
      use.since = this.#round;
    });
  }

  /** Sends GOAWAY to all clients. */
  sendAllAway(): void {
    for (const session of this.#uses.keys()) session.close();
  }

  /** One timer for all of them. */
  #scheduleRound(): void {
    this.#cancelRound = this.#clock.after(roundMs, () => {
      this.#round++;
      this.#scheduleRound();
      for (const [session, { streams, since }] of this.#uses)
        if (streams === 0 && this.#round - since > mostRounds) session.close();
    });
  }
}
