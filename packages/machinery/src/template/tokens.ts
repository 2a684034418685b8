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

/** The errors for tokens that begin with these and have no end. */
const unread: Readonly<Record<string, string>> = {
  '"': 'unterminated quoted string',
  '`': 'unterminated raw quoted string',
  "'": 'unterminated character constant',
};

/**
 * The tokens between `{{` and `}}`; `offset` is the position of their start in the template. Throws on anything else.
 */
export function tokensOf(action: string, offset: number): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < action.length; ) {
    const found = shapes.flatMap(([type, shape]) => {
      shape.lastIndex = at;
      const text = shape.exec(action)?.[0];
      return text === undefined ? [] : [{ type, text, at: offset + at }];
    })[0];
    if (action.startsWith("''", at)) throw new SyntaxError('invalid syntax');
    if (!found)
      throw new SyntaxError(unread[action[at] as string] ?? `unexpected ${JSON.stringify(action[at])} in command`);
    if (found.type === 'number' && /[\w.]/.test(action[at + found.text.length] ?? ''))
      throw new SyntaxError(
        `bad number syntax: ${JSON.stringify(/^[\w.+-]*/.exec(action.slice(at))?.[0].slice(0, found.text.length + 1))}`,
      );
    tokens.push(found);
    at += found.text.length;
  }
  return tokens;
}
