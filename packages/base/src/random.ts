/** Randomness as a parameter. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** The platform's generator: good for jitter and name suffixes, not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };

/** `ms` lengthened by up to `factor` of itself, so that many waiters do not wake at once. */
export function jitter(ms: number, factor: number, random: Random): number {
  return ms * (1 + random.next() * factor);
}

/** The alphabet of generated names: no vowels and no look-alikes, as the API's name generator has it. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` characters safe in a name. */
export function nameSuffix(length: number, random: Random): string {
  let suffix = '';
  for (let i = 0; i < length; i++) suffix += nameAlphabet[Math.floor(random.next() * nameAlphabet.length)];
  return suffix;
}
