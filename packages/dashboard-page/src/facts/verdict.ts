/** How an object is: as it should be, on its way there, in trouble, or over and done with. */
export type Tone = 'ok' | 'busy' | 'bad' | 'off';

/** What is said of an object, and why. */
export interface Verdict {
  readonly tone: Tone;
  /** One or two words: `Running`, `CrashLoopBackOff`. */
  readonly word: string;
  /** Whole sentences, the cause first; empty where there is nothing to explain. */
  readonly why: readonly string[];
}

export const verdict = (tone: Tone, word: string, ...why: (string | undefined)[]): Verdict => ({
  tone,
  word,
  why: why.flatMap((text) => (text ? [text] : [])),
});

const order: readonly Tone[] = ['bad', 'busy', 'ok', 'off'];

/** The worst first. */
export const byTone = (a: Verdict, b: Verdict): number => order.indexOf(a.tone) - order.indexOf(b.tone);
