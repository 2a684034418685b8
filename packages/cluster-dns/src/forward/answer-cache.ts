import type { Clock } from '@typernetes/base';
import type { Forwarder } from './forwarder.ts';

interface Entry {
  readonly answer: Buffer;
  /** Where in the message the records' times to live are. */
  readonly times: readonly number[];
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** As CoreDNS is set up by kubeadm (`cache 30`). */
const rules = { longestSeconds: 30, most: 10_000 } as const;

/**
 * Keeps what others have answered for as long as they say, 30 s at most; an answer from here tells how long it is still good for. Two queries are the
 * same when they differ in their identity alone, so whatever a client asks for by its flags and options it gets.
 */
export function cachedForwarder(forwarder: Forwarder, clock: Clock): Forwarder {
  const entries = new Map<string, Entry>();
  return {
    async forward(query, signal) {
      const key = query.toString('latin1', 2);
      const now = clock.monotonic();
      const known = entries.get(key);
      if (known && now < known.expiresAt) return aged(known, query, now);
      entries.delete(key);
      const answer = await forwarder.forward(query, signal);
      const { seconds, times } = lifeOf(answer);
      if (seconds > 0) {
        // The oldest goes: what is asked for often comes back at once.
        if (entries.size >= rules.most) entries.delete(entries.keys().next().value ?? '');
        const storedAt = clock.monotonic();
        const expiresAt = storedAt + Math.min(seconds, rules.longestSeconds) * 1000;
        entries.set(key, { answer, times, storedAt, expiresAt });
      }
      return answer;
    },
  };
}

function aged({ answer, times, storedAt }: Entry, query: Buffer, now: number): Buffer {
  const copy = Buffer.from(answer);
  query.copy(copy, 0, 0, 2);
  const age = Math.floor((now - storedAt) / 1000);
  for (const at of times) copy.writeUInt32BE(Math.max(copy.readUInt32BE(at) - age, 0), at);
  return copy;
}

const types = { SOA: 6, OPT: 41 } as const;
/** NOERROR and NXDOMAIN: what is neither is no answer. */
const answers: readonly number[] = [0, 3];

/** How long a message may be kept, in seconds, and where its times are; 0 for one that may not be, or cannot be read. */
export function lifeOf(message: Buffer): { readonly seconds: number; readonly times: readonly number[] } {
  const none = { seconds: 0, times: [] };
  const isTruncated = ((message[2] ?? 0) & 0x02) !== 0;
  if (message.length < 12 || isTruncated || !answers.includes((message[3] ?? 0) & 0x0f)) return none;
  const times: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  try {
    let at = 12;
    for (let left = message.readUInt16BE(4); left > 0; left--) at = afterName(message, at) + 4;
    const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
    for (let left = records; left > 0; left--) {
      at = afterName(message, at);
      const type = message.readUInt16BE(at);
      const end = at + 10 + message.readUInt16BE(at + 8);
      if (end > message.length) return none;
      if (type !== types.OPT) {
        times.push(at + 4);
        seconds = Math.min(seconds, message.readUInt32BE(at + 4));
        // How long nothing is nothing (RFC 2308): the last number of the zone's own record.
        if (type === types.SOA) seconds = Math.min(seconds, message.readUInt32BE(end - 4));
      }
      at = end;
    }
  } catch (error) {
    if (error instanceof RangeError) return none;
    throw error;
  }
  return Number.isFinite(seconds) ? { seconds, times } : none;
}

/** Throws a RangeError for a name that runs out of the message. */
function afterName(message: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = message.readUInt8(at);
    // A pointer to a name before.
    if (length >= 0xc0) return at + 2;
    at += length + 1;
    if (length === 0) return at;
  }
}
