import type { Difference } from './difference.ts';

export interface Expectation {
  readonly reason: string;
  /** Where v1.36 can be seen to do so: a file of kubernetes/kubernetes, or of our facts. None: from memory. */
  readonly source?: string;
  /** Whether both servers hold different objects from then on, though both have taken what was sent. */
  readonly parts?: true;
  is(difference: Difference): boolean;
}

export const texts = ({ ours, theirs }: Difference): [string, string] => [String(ours), String(theirs)];
/** By what the peer says. */
export const theirs =
  (pattern: RegExp) =>
  (difference: Difference): boolean =>
    pattern.test(texts(difference)[1]);
/** By where in the answer it is, of a resource if one is named. */
export const at =
  (where: RegExp, path?: RegExp) =>
  (difference: Difference): boolean =>
    where.test(difference.where) && (path?.test(difference.path) ?? true);
export const all =
  (...parts: ((difference: Difference) => boolean)[]) =>
  (difference: Difference): boolean =>
    parts.every((part) => part(difference));
export const any =
  (...parts: ((difference: Difference) => boolean)[]) =>
  (difference: Difference): boolean =>
    parts.some((part) => part(difference));
export const onlyOurs = (difference: Difference): boolean => difference.theirs === undefined;
export const onlyTheirs = (difference: Difference): boolean => difference.ours === undefined;
/** By what we say. */
export const ours =
  (pattern: RegExp) =>
  (difference: Difference): boolean =>
    pattern.test(texts(difference)[0]);
/** By what we say, causes and all. */
export const oursSomewhere =
  (pattern: RegExp) =>
  (difference: Difference): boolean =>
    pattern.test(JSON.stringify(difference.ours ?? ''));
export const theirsSomewhere =
  (pattern: RegExp) =>
  (difference: Difference): boolean =>
    pattern.test(JSON.stringify(difference.theirs ?? ''));
/** Both take it, or both refuse it. */
export const sameOutcome = ({ codes }: Difference): boolean => codes[0] < 300 === codes[1] < 300;
export const inWork =
  (work: string) =>
  (difference: Difference): boolean =>
    difference.at.startsWith(`${work}:`);
/** Whether a set of fields is one way to an end, or some that end at once: `{}`, `{"f:a":{"f:b":{}}}`, `{"f:a":{},"f:b":{}}`. */
export const isOneField = (fields: unknown): boolean =>
  /^\{(?:(?:"[^"]*":\{)*\}+|"[^"]*":\{\}(?:,"[^"]*":\{\})*\})$/.test(JSON.stringify(fields));

/** What remains of two messages that newer words tell apart. */
export function sameBut(...words: readonly (readonly [RegExp, string])[]): (difference: Difference) => boolean {
  return (difference) => {
    const [a, b] = texts(difference).map((text) => words.reduce((left, [from, to]) => left.replaceAll(from, to), text));
    return a === b;
  };
}
