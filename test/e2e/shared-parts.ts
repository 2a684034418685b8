import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Programs and unpacked images are the same for every home of a run, and take longer to prepare than a cluster: the
 * first test file that needs them prepares them for all, in the directory that the run sets in TYPERNETES_TEST_PARTS. A
 * file that runs alone prepares its own.
 */
export function shareParts(home: string): void {
  const parts = process.env.TYPERNETES_TEST_PARTS;
  if (parts === undefined) return;
  for (const folder of ['programs', 'templates']) {
    mkdirSync(join(parts, folder), { recursive: true });
    symlinkSync(join(parts, folder), join(home, folder));
  }
}
