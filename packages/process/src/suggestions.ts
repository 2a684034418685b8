/**
 * The names that the user may have meant, by cobra's rules: within an edit distance of two, ignoring case, or with the
 * word as prefix.
 */
function suggestionsAmong(names: readonly string[], word: string): string[] {
  const lower = word.toLowerCase();
  return names.filter((name) => distance(lower, name.toLowerCase()) <= 2 || name.toLowerCase().startsWith(lower));
}

/** The text after `unknown command "intt"`: empty, or suggestions, one per line. */
export function didYouMean(names: readonly string[], word: string): string {
  const meant = suggestionsAmong(names, word);
  return meant.length === 0 ? '' : `\n\nDid you mean this?\n${meant.map((name) => `\t${name}\n`).join('')}`;
}

/** The edit distance: insertions, deletions and substitutions. */
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
