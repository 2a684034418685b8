import type { Random } from '@typernetes/base';

/** Kubectl is started with a seed for all of V8's random numbers (`machine/src/program.ts`): Math.random() gives each run the same ones. */
export const freshRandom: Random = {
  next: () => process.getBuiltinModule('node:crypto').randomInt(2 ** 32) / 2 ** 32,
};
