import { forgiven } from './controllers-expected.ts';

/** What one side has and the other has not, after what sixteen releases explain is set aside; empty: nothing. */
export function differences(states: readonly (readonly string[])[], answers: readonly string[]): string[] {
  const [original = [], ours = []] = states.map((lines) => lines.map(forgiven).filter((line) => line !== ''));
  const found: string[] = [];
  for (const line of missing(original, ours)) found.push(`  - ${line}`);
  for (const line of missing(ours, original)) found.push(`  + ${line}`);
  const [theirs = '', own = ''] = answers.map(codeOf);
  if (theirs !== own) found.push(`  answers: ${answers.join(' / ')}`);
  return found;
}

const codeOf = (answer: string): string => answer.split(':')[0] ?? '';

/** Those of `all` that `others` does not have, as often as they are there. */
function missing(all: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return all.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
