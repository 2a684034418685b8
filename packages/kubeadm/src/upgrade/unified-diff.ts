interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** The output of `diff -u` for two texts, without times; "" if they are equal. */
export function unifiedDiff(
  from: { readonly name: string; readonly text: string },
  to: { readonly name: string; readonly text: string },
  context: number,
): string {
  const lines = compare(linesOf(from.text), linesOf(to.text));
  const hunks = hunksOf(lines, context);
  if (hunks.length === 0) return '';
  const numbers = numbered(lines);
  const text = hunks.map(([begin, end]) => {
    const part = lines.slice(begin, end);
    const old = part.filter(({ mark }) => mark !== '+').length;
    const next = part.filter(({ mark }) => mark !== '-').length;
    const at = numbers[begin] ?? { old: 0, next: 0 };
    return `@@ -${range(at.old, old)} +${range(at.next, next)} @@\n${part.map((line) => `${line.mark}${line.text}\n`).join('')}`;
  });
  return `--- ${from.name}\n+++ ${to.name}\n${text.join('')}`;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

const range = (before: number, count: number): string =>
  count === 1 ? `${before + 1}` : `${count === 0 ? before : before + 1},${count}`;

/** Uses the longest common subsequence; manifests are short enough for the quadratic table. */
function compare(from: readonly string[], to: readonly string[]): Line[] {
  const width = to.length + 1;
  const longest = new Uint32Array((from.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      longest[i * width + j] = from[i] === to[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [left, right] = [from[i], to[j]];
    if (left !== undefined && left === right) {
      lines.push({ mark: ' ', text: left });
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: left });
      i++;
    } else if (right !== undefined) {
      lines.push({ mark: '+', text: right });
      j++;
    }
  }
  return lines;
}

/** The range of each hunk; changes whose contexts touch share one. */
function hunksOf(lines: readonly Line[], context: number): [begin: number, end: number][] {
  const hunks: [number, number][] = [];
  for (const [i, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    const [begin, end] = [Math.max(0, i - context), Math.min(lines.length, i + context + 1)];
    const last = hunks.at(-1);
    if (last && begin <= last[1]) last[1] = end;
    else hunks.push([begin, end]);
  }
  return hunks;
}

/** For each line, the number of lines of either text before it. */
function numbered(lines: readonly Line[]): { old: number; next: number }[] {
  let [old, next] = [0, 0];
  return lines.map(({ mark }) => {
    const before = { old, next };
    if (mark !== '+') old++;
    if (mark !== '-') next++;
    return before;
  });
}
