/** The position of a record in a DNS message. */
interface RecordAt {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly type: number;
  /** The position of the owner's name, in bytes. */
  readonly nameAt: number;
  /** The position of its time to live, 32 bits. */
  readonly ttlAt: number;
  readonly dataAt: number;
  readonly dataLength: number;
}

export const headBytes = 12;
export const recordTypes = { A: 1, SOA: 6, AAAA: 28, OPT: 41 } as const;
/** The response codes of RFC 1035, in the low bits of the flags. */
export const codes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type CodeName = keyof typeof codes;

export function codeOf(message: Buffer): number {
  return (message[3] ?? 0) & 0x0f;
}

export function codeName(code: number): string {
  return Object.entries(codes).find(([, value]) => value === code)?.[0] ?? String(code);
}

export const isTruncated = (message: Buffer): boolean => ((message[2] ?? 0) & 0x02) !== 0;

/** The positions of a message's records; undefined for a malformed message. */
export function recordsOf(message: Buffer): RecordAt[] | undefined {
  const records: RecordAt[] = [];
  try {
    let at = headBytes;
    for (let left = message.readUInt16BE(4); left > 0; left--) at = afterName(message, at) + 4;
    for (const [section, countAt] of [
      ['answer', 6],
      ['authority', 8],
      ['additional', 10],
    ] as const) {
      for (let left = message.readUInt16BE(countAt); left > 0; left--) {
        const nameAt = at;
        at = afterName(message, at);
        const dataLength = message.readUInt16BE(at + 8);
        const dataAt = at + 10;
        if (dataAt + dataLength > message.length) return undefined;
        records.push({ section, type: message.readUInt16BE(at), nameAt, ttlAt: at + 4, dataAt, dataLength });
        at = dataAt + dataLength;
      }
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return records;
}

/** Throws a RangeError for a name that exceeds the message. */
function afterName(message: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = message.readUInt8(at);
    // A pointer to an earlier name.
    if (length >= 0xc0) return at + 2;
    at += length + 1;
    if (length === 0) return at;
  }
}
