import { forgiven } from './controllers-expected.ts';

/** Lines that only one side has, without those that sixteen releases explain; empty if there are none. */
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

/** The lines of `all` that `others` lacks, with multiplicity. */
function missing(all: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return all.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
