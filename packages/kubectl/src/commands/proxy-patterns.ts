/** Syntax that Go's regular expressions refuse, with Go's messages; the first match is reported. */
const problems: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [/\(\?(?:[=!]|<[=!])/, ([what]) => `invalid or unsupported Perl syntax: \`${what}\``],
  [/^[*+?]/, ([what]) => `missing argument to repetition operator: \`${what}\``],
  [/(?<=[(|])[*+?]/, ([what]) => `missing argument to repetition operator: \`${what}\``],
  [/(?<!\\)[*+?]{2,}/, ([what]) => `invalid nested repetition operator: \`${what.slice(0, 2)}\``],
  [/\\[1-9]/, ([what]) => `invalid escape sequence: \`${what}\``],
  [/\\$/, () => 'trailing backslash at end of expression: ``'],
];

/** Parses a list of patterns, `a,b`; throws Go's error for syntax that Go does not accept. */
export function patternsIn(list: string): RegExp[] {
  return list
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      for (const [pattern, words] of problems) {
        const found = pattern.exec(part);
        // Twice a question mark, or one behind another, is a lazy repetition.
        if (found && !/^[*+?]\?$/.test(found[0])) throw new Error(words(found));
      }
      try {
        return new RegExp(part);
      } catch (error) {
        throw new Error(inGo(part, error instanceof Error ? error.message : ''));
      }
    });
}

function inGo(part: string, why: string): string {
  if (why.includes('Unterminated character class'))
    return `missing closing ]: \`${part.slice(part.lastIndexOf('['))}\``;
  if (why.includes('Unterminated group')) return `missing closing ): \`${part}\``;
  if (why.includes('Unmatched')) return `unexpected ): \`${part}\``;
  const [range] = /(?<=\[[^\]]*)[^\\]-[^\]]/.exec(part) ?? [];
  if (why.includes('Range out of order')) return `invalid character class range: \`${range}\``;
  return why;
}
