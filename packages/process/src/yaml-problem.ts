/** The position at which our parser rejects a text: lines start at 0. */
interface YamlStop {
  readonly reason: string;
  readonly line: number;
  readonly text: string;
}

/**
 * Why a text is not YAML, in the words of Go's parser (go-yaml v2), for which users find answers: `yaml: line 4: found
 * character that cannot start any token`. Derived from the lines' contents, since the parsers stop at different places;
 * if that fails, our parser's own words are kept.
 */
export function yamlProblem(stop: YamlStop): string {
  const { reason, text } = stop;
  const line = stop.line + 1;
  const here = text.split('\n')[stop.line] ?? '';
  const [, alias] = /unidentified alias "(.*)"/.exec(reason) ?? [];
  if (alias !== undefined) return `yaml: unknown anchor '${alias}' referenced`;
  if (reason.includes('complex keys')) {
    const [, inner] = /\{\{\s*([^{}:,"']+?)\s*\}\}/.exec(text) ?? [];
    if (inner !== undefined)
      return `yaml: invalid map key: map[interface {}]interface {}{${JSON.stringify(inner)}:interface {}(nil)}`;
  }
  if (reason.startsWith('tab characters'))
    return at(line, endsPlain(before(stop)) ? 'found a tab character that violates indentation' : noToken);
  if (reason.includes('multiline key')) return at(line, "could not find expected ':'");
  if (reason.startsWith("expected ':' after")) return at(line + 1, "could not find expected ':'");
  if (reason === 'unknown escape sequence') return at(line, 'found unknown escape character');
  if (reason === 'deficient indentation' || reason.startsWith('missed comma'))
    return openProblem(stop) ?? at(line, reason);
  if (reason.startsWith('expected the node content')) return at(line - 1, 'did not find expected node content');
  if (reason.startsWith('null byte')) return 'yaml: control characters are not allowed';
  if (reason.startsWith('end of the stream') && here.startsWith('\t')) return at(line, noToken);
  const lessIndented = indentOf(here) < indentOf(before(stop)) && /bad indentation/.test(reason);
  // Go's parser names the line before the one at which it stops, its scanner that line itself.
  const isSequence = reason === 'bad indentation of a sequence entry' || /^\s*- .*|^\s*-$/.test(here);
  if (lessIndented || (reason.startsWith('end of the stream') && isSequence)) return at(line - 1, noKey);
  if (reason === 'bad indentation of a mapping entry') {
    if (/:\s+[@`%]/.test(here)) return at(line, noToken);
    if (/:\s+-\s/.test(here)) return at(line, 'block sequence entries are not allowed in this context');
    if (/:\s+("[^"]*"|'[^']*')\s*[^\s#]/.test(here)) return at(line - 1, noKey);
    // A more indented key is invalid after a value that ends on its line.
    const above = before(stop);
    if (indentOf(here) > indentOf(above) && !endsPlain(above) && !above.trimEnd().endsWith(':'))
      return at(line - 1, noKey);
    return at(line, 'mapping values are not allowed in this context');
  }
  return `yaml: line ${line}: ${reason}`;
}

const noToken = 'found character that cannot start any token';
const noKey = 'did not find expected key';

/** The first line has no number. */
const at = (line: number, problem: string): string => `yaml: ${line > 1 ? `line ${line}: ` : ''}${problem}`;

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** The last line above that has anything. */
function before({ text, line }: YamlStop): string {
  return (
    text
      .split('\n')
      .slice(0, line)
      .findLast((above) => above.trim() !== '') ?? ''
  );
}

/** A line whose last word continues in the next one. */
const endsPlain = (line: string): boolean => !/\s#/.test(line) && /[^:\-"'[\]{}|>,?]$/.test(line.trimEnd());

/**
 * Quotes or brackets opened above and never closed: quotes are searched to the end, brackets until something else
 * follows.
 */
function openProblem({ text, line }: YamlStop): string | undefined {
  const lines = text.split('\n');
  for (const above of lines.slice(0, line + 1).reverse()) {
    if (/(^|[\s:[{,-])(["'])(?:(?!\2).)*$/.test(above)) return at(lines.length, 'found unexpected end of stream');
    const [, bracket] = /([[{])[^\]}]*$/.exec(above) ?? [];
    // Go's parser reports the number of the previous line.
    if (bracket !== undefined)
      return `yaml: line ${line}: did not find expected ',' or '${bracket === '[' ? ']' : '}'}'`;
  }
  return undefined;
}
