/** One problem of an expression. */
export interface Issue {
  /** Offset in UTF-16 units. */
  readonly at: number;
  readonly message: string;
}

/** An expression does not compile; the message shows each place in upstream's layout. */
export class CelCompileError extends Error {
  override readonly name = 'CelCompileError';
  readonly issues: readonly Issue[];

  constructor(source: string, issues: readonly Issue[]) {
    super(issues.map((issue) => shownIssue(source, issue)).join('\n'));
    this.issues = issues;
  }
}

/** `ERROR: <input>:1:5: …` with the source line and a caret below the place. */
function shownIssue(source: string, { at, message }: Issue): string {
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', start);
  const column = [...source.slice(start, at)].length;
  const text = source.slice(start, end < 0 ? source.length : end).replaceAll('\t', ' ');
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`;
}
