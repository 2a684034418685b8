/** Breaks lines between words so that they have at most `width` letters; words that are longer stay whole. */
export function wrap(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const lines: string[] = [];
  let current = '';
  for (const [, space = '', word = ''] of line.matchAll(/([ \t]*)([^ \t]*)/g)) {
    if (word === '') continue;
    if (current !== '' && current.length + space.length + word.length > width) {
      lines.push(current);
      current = word;
    } else current += space + word;
  }
  return [...lines, current].join('\n');
}

/** Indents lines that have something in them. */
export function indentLines(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

/** Indents every line, empty ones too. */
export function indent(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');
}

/** Joins the lines of paragraphs, with one space between words; items of lists, indented lines and what follows a colon stay lines of their own. */
export function joinLines(text: string): string {
  return text.split('\n').reduce((joined, written, i) => {
    const line = written.startsWith('    ') ? written : written.replace(/[ \t]+/g, ' ');
    const starts =
      joined.endsWith(':') || line.startsWith('    ') || line.trim() === '' || /^\s*([-*]|\d+\.)\s/.test(line);
    return i === 0 ? line : `${joined}${starts || joined.endsWith('\n') || joined === '' ? '\n' : ' '}${line.trim()}`;
  }, '');
}
