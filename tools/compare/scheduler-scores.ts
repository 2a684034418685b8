import { readFileSync } from 'node:fs';

/**
 * Reads node scores that the original's scheduler has logged since the last call; empty if it did not score because
 * only one node was feasible.
 */
export function scoreReader(log: string): (pod: string) => ReadonlyMap<string, number> {
  let read = 0;
  return (pod) => {
    const text = readFileSync(log).subarray(read);
    read += text.length;
    const lines = text.toString('utf8').split('\n');
    const from = lines.findLastIndex(
      (line) => line.includes('Attempting to schedule pod') && line.includes(`/${pod}"`),
    );
    const scores = new Map<string, number>();
    for (const line of lines.slice(Math.max(from, 0))) {
      const [, node, score] = / Host (\S+) => Score (-?\d+)/.exec(line) ?? [];
      if (node) scores.set(node, Number(score));
    }
    return scores;
  };
}
