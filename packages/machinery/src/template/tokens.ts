/** A piece of an action, with where it begins. */
export interface Token {
  readonly type: 'space' | 'text' | 'number' | 'string' | 'char' | 'field' | 'variable' | 'word' | 'sign';
  readonly text: string;
  readonly at: number;
}

const shapes: readonly (readonly [Token['type'], RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['string', /"(?:\\.|[^"\\\n])*"|`[^`]*`/y],
  ['char', /'(?:\\.|[^'\\\n])+'/y],
  ['number', /[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y],
  ['field', /\.[A-Za-z_]\w*/y],
  ['variable', /\$\w*/y],
  ['word', /[A-Za-z_]\w*/y],
  ['sign', /:=|[=|(),.]/y],
];

/** The tokens of what stands between `{{` and `}}`; `offset` is where that begins in the template. Throws on anything else. */
export function tokensOf(action: string, offset: number): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < action.length; ) {
    const found = shapes.flatMap(([type, shape]) => {
      shape.lastIndex = at;
      const text = shape.exec(action)?.[0];
      return text === undefined ? [] : [{ type, text, at: offset + at }];
    })[0];
    if (!found) throw new SyntaxError(`unexpected ${JSON.stringify(action[at])} in command`);
    tokens.push(found);
    at += found.text.length;
  }
  return tokens;
}
