import { type Action, NumberLiteral, type Part, type Slice, type Step } from './node.ts';

/** Parses a template. Throws with upstream's words (client-go's jsonpath) for an invalid one. */
export function parseTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open !== at) parts.push({ kind: 'text', text: template.slice(at, open < 0 ? undefined : open) });
    if (open < 0) break;
    const reader = new ActionReader(template, open + 1);
    parts.push({ kind: 'action', steps: reader.steps() });
    at = reader.at;
  }
  return parts;
}

/** Parses a part of an expression as if it were in braces of its own. */
const actionOf = (text: string): Action => ({ kind: 'action', steps: new ActionReader(`${text}}`, 0).steps() });

/** The comparison in a filter. */
const comparison = /^([^!<>=]+)([!<>=]+)(.+?)$/;

class ActionReader {
  readonly #text: string;
  /** Behind the closing brace once the steps are read. */
  at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  /** Everything up to the closing brace. */
  steps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      if (this.#takes('}')) return steps;
      if (this.#takes('[?(')) steps.push(this.#filter());
      else if (this.#takes('..')) this.#deep(steps);
      else steps.push(...this.#next());
    }
  }

  #next(): Step[] {
    const character = this.#character();
    if (character === '' || /[\r\n]/.test(character)) throw new Error('unclosed action');
    if (/[+-]|\p{Nd}/u.test(character)) return [this.#number()];
    if (isWordCharacter(character)) return [this.#word()];
    this.at += character.length;
    switch (character) {
      case ' ':
      case '@':
      case '$':
        return [];
      case '[':
        return this.#brackets();
      case '"':
      case "'":
        return [this.#quoted(character)];
      case '.':
        return [this.#field()];
    }
    throw new Error(`unrecognized character in action: ${goCharacter(character)}`);
  }

  #character(): string {
    const code = this.#text.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.at += found.length;
    return found;
  }

  #word(): Step {
    const word = this.#match(/[^ \t\r\n.,[\]$@{}]*/y);
    return word === 'true' || word === 'false' ? { kind: 'literal', value: word === 'true' } : { kind: 'word', word };
  }

  #deep(steps: Step[]): void {
    if (steps.at(-1)?.kind === 'deep') throw new Error('invalid multiple recursive descent');
    steps.push({ kind: 'deep' });
    if (isWordCharacter(this.#character())) steps.push(this.#field());
  }

  #field(): Step {
    const name = this.#match(/(?:\\[\s\S]?|[^\\ \t\r\n.,[\]$@{}])*/y);
    return name === '*' ? { kind: 'all' } : { kind: 'field', name: name.replaceAll('\\', '') };
  }

  #number(): Step {
    const text = this.#match(/[+-]?(?:\.|\p{Nd})*/uy);
    if (/^[+-]?\d+$/.test(text)) return { kind: 'literal', value: new NumberLiteral('int', Number(text)) };
    if (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text))
      return { kind: 'literal', value: new NumberLiteral('float', Number(text)) };
    throw new Error(`cannot parse number ${text}`);
  }

  #quoted(quote: string): Step {
    const start = this.at - 1;
    for (;;) {
      const character = this.#text[this.at++];
      if (character === undefined || character === '\n') throw new Error('unterminated quoted string');
      if (character === quote && this.#text[this.at - 2] !== '\\') break;
    }
    return { kind: 'text', text: unquoted(this.#text.slice(start, this.at)) };
  }

  /** Ends at the first bracket that closes, in quotes or not. */
  #brackets(): Step[] {
    const inner = this.#match(/[^\]\n]*/y);
    if (!this.#takes(']')) throw new Error('unterminated array');
    const members = inner.split(',');
    if (members.length > 1)
      return [{ kind: 'union', actions: members.map((member) => actionOf(`[${member.replace(/^ +| +$/g, '')}]`)) }];
    const [, key] = /^'([^']*)'$/.exec(inner) ?? [];
    if (key !== undefined) return [...actionOf(`.${key}`).steps];
    return [{ kind: 'slice', slice: sliceOf(inner === '*' ? ':' : inner) }];
  }

  #filter(): Step {
    const start = this.at;
    this.#toEndOfFilter();
    const text = this.#text.slice(start, this.at - 1);
    if (!this.#takes(']')) throw new Error('unclosed array expect ]');
    const [, left, operator, right] = comparison.exec(text) ?? [];
    if (left === undefined || operator === undefined || right === undefined)
      return { kind: 'filter', left: actionOf(text), operator: 'exists', right: { kind: 'action', steps: [] } };
    return { kind: 'filter', left: actionOf(left), operator, right: actionOf(right) };
  }

  /** A filter has at most one pair of quotes, and ends at the parenthesis outside of it. */
  #toEndOfFilter(): void {
    let quote = '';
    let closed = false;
    for (;;) {
      const character = this.#text[this.at++];
      if (character === undefined || character === '\n') throw new Error('unterminated filter');
      if (character === ')' && (quote !== '') === closed) return;
      if (character !== '"' && character !== "'") continue;
      if (quote === '') quote = character;
      else if (character === quote && this.#text[this.at - 2] !== '\\') closed = true;
    }
  }
}

const isWordCharacter = (character: string): boolean => /^[_\p{L}\p{Nd}]/u.test(character);

/** Go's `%#U`: `U+002A '*'`. */
function goCharacter(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /[\p{C}\p{Z}]/u.test(character) ? code : `${code} '${character}'`;
}

function sliceOf(text: string): Slice {
  const [, ...parts] = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text) ?? [];
  if (parts.length === 0) throw new Error(`invalid array index ${text}`);
  const [from, to, step] = parts.map((part, i) => {
    const digits = i > 0 ? part?.slice(1) : part;
    if (digits === '-') throw new Error(`array index ${digits} is not a number`);
    return digits ? Number(digits) : undefined;
  });
  const single = parts[1] === undefined;
  return { from, to: single ? (from ?? 0) + 1 : to, single, step };
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** Unquotes a Go string, also in single quotes. */
function unquoted(quoted: string): string {
  const quote = quoted[0] as string;
  const inner = quoted.slice(1, -1);
  const wrong = new Error(`unquote string ${quoted} error invalid syntax`);
  if (quoted.length < 2) throw wrong;
  return inner.replace(
    /\\(?:([abfnrtv\\'"])|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3}))|[\s\S]/g,
    (whole, letter: string | undefined, ...codes: (string | undefined)[]) => {
      if (letter !== undefined) {
        const meant = letter === quote ? quote : escapes[letter];
        if (meant === undefined) throw wrong;
        return meant;
      }
      const [x, u, long, octal] = codes;
      const code = octal === undefined ? Number.parseInt(x ?? u ?? long ?? '', 16) : Number.parseInt(octal, 8);
      if (!Number.isNaN(code)) return String.fromCodePoint(code);
      if (whole === '\\' || whole === quote) throw wrong;
      return whole;
    },
  );
}
