import { commandTable } from '../commands/command-table.ts';
import { mainSections } from './groups.ts';

/** Commands that somebody may have meant: one or two letters away, or longer by some. */
export function suggestionsFor(word: string): string[] {
  const names = [...mainSections.flatMap(([, commands]) => commands), 'options', 'help'];
  const known = names.filter((name) => !name.includes(' ') || Object.hasOwn(commandTable, name));
  const lower = word.toLowerCase();
  return known.filter((name) => distance(lower, name) <= 2 || name.startsWith(lower));
}

/** How many letters have to be put in, taken out or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
