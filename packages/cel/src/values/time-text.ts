import { CelDuration, CelError, CelTimestamp } from './value.ts';

const minTimestamp = -62135596800n * 1_000_000_000n;
const maxTimestamp = 253402300800n * 1_000_000_000n - 1n;
const maxDuration = 2n ** 63n;

/** Throws a {@link CelError} outside the years 1 to 9999. */
export function timestamp(nanos: bigint): CelTimestamp {
  if (nanos < minTimestamp || nanos > maxTimestamp) throw new CelError('timestamp overflow');
  return new CelTimestamp(nanos);
}

/** Throws a {@link CelError} for more than 290 years. */
export function duration(nanos: bigint): CelDuration {
  if (nanos >= maxDuration || nanos < -maxDuration) throw new CelError('duration out of range');
  return new CelDuration(nanos);
}

const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

export function parseTimestamp(text: string): CelTimestamp {
  const found = rfc3339.exec(text);
  const ms = found ? Date.parse(`${found[1]}${found[3]}`) : Number.NaN;
  if (!found || Number.isNaN(ms)) throw new CelError(`parsing time ${JSON.stringify(text)}: not in RFC 3339`);
  return timestamp(BigInt(ms) * 1_000_000n + BigInt((found[2] ?? '').slice(0, 9).padEnd(9, '0')));
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Parses `1h30m` or `-1.5s`, exact to the nanosecond. */
export function parseCelDuration(text: string): CelDuration {
  const bad = (): never => {
    throw new CelError(`time: invalid duration ${JSON.stringify(text)}`);
  };
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return new CelDuration(0n);
  const part = /(\d+)?(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0n;
  let at = 0;
  while (at < body.length) {
    part.lastIndex = at;
    const found = part.exec(body);
    if (!found || (found[1] === undefined && !found[2])) return bad();
    const unit = units[found[3] ?? ''] ?? 1n;
    const fraction = found[2] ?? '';
    total += BigInt(found[1] ?? 0) * unit + (BigInt(fraction || 0) * unit) / 10n ** BigInt(fraction.length);
    at += found[0].length;
  }
  if (body === '') bad();
  return duration(text.startsWith('-') ? -total : total);
}

/** RFC 3339, with as many fractional digits as needed. */
export function timestampText({ nanos }: CelTimestamp): string {
  const second = 1_000_000_000n;
  const fraction = ((nanos % second) + second) % second;
  const whole = new Date(Number((nanos - fraction) / 1_000_000n)).toISOString().replace(/\.\d+Z$/, '');
  return `${whole}${fractionText(fraction)}Z`;
}

/** In seconds, as in JSON: `1.5s`. */
export function durationText({ nanos }: CelDuration): string {
  const magnitude = nanos < 0n ? -nanos : nanos;
  const fraction = fractionText(magnitude % 1_000_000_000n);
  return `${nanos < 0n ? '-' : ''}${magnitude / 1_000_000_000n}${fraction}s`;
}

function fractionText(nanos: bigint): string {
  return nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`;
}
