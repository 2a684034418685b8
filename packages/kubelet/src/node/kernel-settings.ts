import { readFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';

/** The kernel settings that upstream's kubelet expects (upstream: setupKernelTunables). */
const wanted: Readonly<Record<string, number>> = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
};

/**
 * For `protectKernelDefaults`: every setting with another value, in upstream's words. Settings are never changed, even
 * without that option.
 */
export async function kernelProblems(root = '/proc/sys'): Promise<readonly string[]> {
  const found = await Promise.all(
    Object.entries(wanted).map(async ([name, expected]) => {
      const actual = await numberIn(`${root}/${name}`);
      return actual === undefined || actual === expected
        ? []
        : [`invalid kernel flag: ${name}, expected value: ${expected}, actual value: ${actual}`];
    }),
  );
  return found.flat();
}

/** Undefined if this kernel does not have it. */
async function numberIn(path: string): Promise<number | undefined> {
  try {
    return Number(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
