/** Wraps lines between words at `width` characters; longer words are not split. Blanks at the breaks are dropped, others kept. */
export function wrap(text: string, width: number): string {
  let out = '';
  /** The written part of the line; pending blanks and the word after them are not included. */
  let written = 0;
  let [blanks, word] = ['', ''];
  const write = (text: string): void => {
    out += text;
    written += letters(text);
  };
  const writeAll = (): void => {
    write(blanks + word);
    [blanks, word] = ['', ''];
  };
  for (const letter of text) {
    if (letter === '\n') {
      if (word !== '' || written + letters(blanks) <= width) writeAll();
      out += letter;
      blanks = '';
      written = 0;
    } else if (isBlank(letter)) {
      if (blanks === '' || word !== '') writeAll();
      blanks += letter;
    } else {
      word += letter;
      if (written + letters(blanks) + letters(word) > width && letters(word) < width) {
        out += '\n';
        blanks = '';
        written = 0;
      }
    }
  }
  if (word !== '' || written + letters(blanks) <= width) writeAll();
  return out;
}

const letters = (text: string): number => [...text].length;

/** Lines are not broken at no-break spaces. */
const isBlank = (letter: string): boolean => letter !== '\u00a0' && /\s|\u0085/.test(letter);

/** Indents every line, empty ones too. */
export function indent(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');
}

/**
 * Fills lines with the words of paragraphs, each line ended. Items of lists, what follows a colon and code, which is indented by four blanks and left
 * as it is, stay lines of their own; so do empty lines but the first ones. Words count by their bytes, as upstream has it.
 */
export function filled(text: string, { width, indent: by }: { width: number; indent: number }): string {
  const lines: string[] = [];
  let words: string[] = [];
  let last = '';
  const flush = (): void => {
    if (words.length === 0) return;
    lines.push(words.join(' '));
    words = [];
    last = '';
  };
  for (const line of text.split('\n')) {
    const isEmpty = line.trim() === '';
    if (line.startsWith('    ')) {
      flush();
      lines.push(line);
      continue;
    }
    if (isEmpty && lines.length > 0) {
      flush();
      lines.push('');
      continue;
    }
    if (last.endsWith(':') || isEmpty || /^(\d+\.?|-|\*)\s/.test(line.trim())) flush();
    for (const word of line.split(/\s+/).filter((word) => word !== '')) {
      if (words.length > 0 && Buffer.byteLength([...words, word].join(' ')) > width - by) flush();
      words.push(word);
      last = word;
    }
  }
  flush();
  return lines.map((line) => (line === '' ? '\n' : `${' '.repeat(by)}${line}\n`)).join('');
}
