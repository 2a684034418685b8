import assert from 'node:assert/strict';
import { eventually } from '../eventually.ts';
import { withoutTimes } from './normalised.ts';
import type { KubectlOrigin, Shell } from './walkthrough.ts';

/**
 * Runs the line with both kubectls at the same time and compares their output column by column, and their exit codes.
 */
export async function assertAlike(line: string, shells: Readonly<Record<KubectlOrigin, Shell>>): Promise<void> {
  // Something may change between the two; then both are run again.
  await eventually(
    async () => {
      const outcomes = await Promise.all([shells.upstream.attempt(line), shells.ours.attempt(line)]);
      const [upstream, ours] = outcomes.map(withoutTimes);
      assert.deepEqual(ours, upstream, line);
    },
    { timeoutMs: 15_000 },
  );
}
