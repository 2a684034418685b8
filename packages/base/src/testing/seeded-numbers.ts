/** Numbers from 0 to 1 that depend on the seed alone (mulberry32), so that a failed run can be repeated. */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seeds to run with: from the environment, `SEEDS="1 2 3"`, since more seeds find more; else `usual`. */
export const seedsOr = (usual: string): number[] => (process.env.SEEDS ?? usual).split(' ').map(Number);
