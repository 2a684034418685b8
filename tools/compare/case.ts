/** One case of a kind of work; the seed determines everything random in it. */
export interface Case {
  readonly seed: string;
  readonly index: number;
}
