/** One case of a kind of work; the seed says all that is random in it. */
export interface Case {
  readonly seed: string;
  readonly index: number;
}
