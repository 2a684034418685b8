import type { Expr, MapEntry } from './ast.ts';
import { type Token, tokens } from './lexer.ts';
import { macroFor } from './macros.ts';
import { CelCompileError } from './source-error.ts';

const maxDepth = 250;
const maxCodePoints = 100_000;

const starts =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const reserved = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const keywords = new Set(['in', 'true', 'false', 'null']);

const relations: Readonly<Record<string, string>> = {
  '<': '_<_',
  '<=': '_<=_',
  '>': '_>_',
  '>=': '_>=_',
  '==': '_==_',
  '!=': '_!=_',
  in: '@in',
};

/** Parses an expression and expands its macros, with `bindings` also `cel.bind`. Throws {@link CelCompileError}. */
export function parse(source: string, bindings = false): Expr {
  const size = source.length > maxCodePoints ? [...source].length : 0;
  if (size > maxCodePoints) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${maxCodePoints}`;
    throw new CelCompileError(source, [{ at: 0, message }]);
  }
  return new Parser(source, bindings).whole();
}

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  readonly #bindings: boolean;
  #next = 0;
  #depth = 0;

  constructor(source: string, bindings: boolean) {
    this.#source = source;
    this.#bindings = bindings;
    this.#tokens = tokens(source);
  }

  whole(): Expr {
    const expr = this.#expression();
    const rest = this.#peek();
    if (rest.kind !== 'end') this.#fail(rest.at, `Syntax error: mismatched input '${rest.text}' expecting <EOF>`);
    return expr;
  }

  #fail(at: number, message: string): never {
    throw new CelCompileError(this.#source, [{ at, message }]);
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #is(text: string): boolean {
    const token = this.#peek();
    return (token.kind === 'punct' || token.kind === 'ident') && token.text === text;
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#tokens[this.#next++] : undefined;
  }

  #expect(text: string): Token {
    const token = this.#peek();
    return (
      this.#accept(text) ?? this.#fail(token.at, `Syntax error: mismatched input '${token.text}' expecting '${text}'`)
    );
  }

  #expression(): Expr {
    if (++this.#depth > maxDepth) this.#fail(this.#peek().at, `expression recursion limit exceeded: ${maxDepth}`);
    const condition = this.#or();
    const mark = this.#accept('?');
    let expr = condition;
    if (mark) {
      const yes = this.#or();
      this.#expect(':');
      expr = call('_?_:_', mark.at, [condition, yes, this.#expression()]);
    }
    this.#depth--;
    return expr;
  }

  #or(): Expr {
    return this.#chain('||', '_||_', () => this.#chain('&&', '_&&_', () => this.#relation()));
  }

  /** Parses long chains into balanced trees, so that they do not nest deeply. */
  #chain(operator: string, name: string, operand: () => Expr): Expr {
    const operands = [operand()];
    const marks: number[] = [];
    for (let mark = this.#accept(operator); mark; mark = this.#accept(operator)) {
      marks.push(mark.at);
      operands.push(operand());
    }
    const tree = (low: number, high: number): Expr => {
      if (low === high) return operands[low] as Expr;
      const middle = (low + high) >> 1;
      return call(name, marks[middle] as number, [tree(low, middle), tree(middle + 1, high)]);
    };
    return tree(0, operands.length - 1);
  }

  #relation(): Expr {
    let left = this.#sum();
    for (;;) {
      const token = this.#peek();
      const name = token.kind === 'punct' || token.text === 'in' ? relations[token.text] : undefined;
      if (name === undefined || token.kind === 'string') return left;
      this.#next++;
      left = call(name, token.at, [left, this.#sum()]);
    }
  }

  #sum(): Expr {
    let left = this.#product();
    for (let mark = this.#accept('+') ?? this.#accept('-'); mark; mark = this.#accept('+') ?? this.#accept('-')) {
      left = call(`_${mark.text}_`, mark.at, [left, this.#product()]);
    }
    return left;
  }

  #product(): Expr {
    const mark = (): Token | undefined => this.#accept('*') ?? this.#accept('/') ?? this.#accept('%');
    let left = this.#unary();
    for (let found = mark(); found; found = mark()) left = call(`_${found.text}_`, found.at, [left, this.#unary()]);
    return left;
  }

  #unary(): Expr {
    const token = this.#peek();
    if (this.#is('!')) {
      let negations = 0;
      while (this.#accept('!')) negations++;
      const operand = this.#member();
      return negations % 2 === 0 ? operand : call('!_', token.at, [operand]);
    }
    if (this.#is('-')) {
      const number = this.#tokens[this.#next + 1];
      if (number && (number.kind === 'int' || number.kind === 'double')) {
        this.#next += 2;
        const value = -(number.value as never);
        return this.#selections({ kind: 'const', at: token.at, value });
      }
      let negations = 0;
      while (this.#accept('-')) negations++;
      const operand = this.#member();
      return negations % 2 === 0 ? operand : call('-_', token.at, [operand]);
    }
    return this.#member();
  }

  #member(): Expr {
    return this.#selections(this.#primary());
  }

  #selections(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const dot = this.#accept('.');
      if (dot) {
        const optional = this.#accept('?') !== undefined;
        expr = this.#selection(expr, dot, optional);
        continue;
      }
      const bracket = this.#accept('[');
      if (!bracket) return expr;
      const optional = this.#accept('?') !== undefined;
      const index = this.#expression();
      this.#expect(']');
      expr = call(optional ? '_[?_]' : '_[_]', bracket.at, [expr, index]);
    }
  }

  #selection(operand: Expr, dot: Token, optional: boolean): Expr {
    const name = this.#peek();
    if (name.kind === 'quoted') this.#next++;
    else this.#name(true);
    if (optional) {
      const field: Expr = { kind: 'const', at: name.at, value: name.text };
      return call('_?._', dot.at, [operand, field]);
    }
    const paren = name.kind === 'quoted' ? undefined : this.#accept('(');
    if (!paren) return { kind: 'select', at: dot.at, operand, field: name.text, testOnly: false };
    return this.#call({ name: name.text, at: paren.at, target: operand });
  }

  #call({ name, at, target }: { name: string; at: number; target: Expr | undefined }): Expr {
    const args: Expr[] = [];
    if (!this.#accept(')')) {
      do args.push(this.#expression());
      while (this.#accept(','));
      this.#expect(')');
    }
    const fail = (where: number, message: string): never => this.#fail(where, message);
    return (
      macroFor({ name, at, target, args, bindings: this.#bindings, fail }) ?? { kind: 'call', at, name, target, args }
    );
  }

  #name(selected = false): string {
    const token = this.#peek();
    if (token.kind !== 'ident' || keywords.has(token.text)) {
      this.#fail(
        token.at,
        `Syntax error: mismatched input '${token.text}' expecting ${selected ? 'IDENTIFIER' : starts}`,
      );
    }
    this.#next++;
    return token.text;
  }

  #primary(): Expr {
    const token = this.#peek();
    const { at } = token;
    switch (token.kind) {
      case 'int':
        if (token.value === 2n ** 63n) this.#fail(at, 'Syntax error: invalid int literal');
        this.#next++;
        return { kind: 'const', at, value: token.value as bigint };
      case 'uint':
      case 'double':
      case 'string':
      case 'bytes':
        this.#next++;
        return { kind: 'const', at, value: token.value as string };
      case 'punct':
        if (this.#accept('(')) {
          const expr = this.#expression();
          this.#expect(')');
          return expr;
        }
        if (this.#accept('[')) return this.#list(at);
        if (this.#accept('{')) return { kind: 'map', at, entries: this.#entries() };
        break;
      case 'ident': {
        this.#next++;
        if (token.text === 'true' || token.text === 'false') return { kind: 'const', at, value: token.text === 'true' };
        if (token.text === 'null') return { kind: 'const', at, value: null };
        this.#next--;
        break;
      }
      default:
    }
    const leading = this.#accept('.') ? '.' : '';
    const nameAt = this.#peek().at;
    const name = leading + this.#name();
    if (reserved.has(this.#tokens[this.#next - 1]?.text ?? '')) {
      this.#fail(nameAt, `Syntax error: reserved identifier: ${name}`);
    }
    const paren = this.#accept('(');
    if (paren) return this.#call({ name, at: paren.at, target: undefined });
    return this.#struct(name, nameAt) ?? { kind: 'ident', at: nameAt, name };
  }

  /** `a.b.C{field: value}`, if that is what follows. */
  #struct(first: string, at: number): Expr | undefined {
    let ahead = this.#next;
    let typeName = first;
    while (this.#tokens[ahead]?.text === '.' && this.#tokens[ahead + 1]?.kind === 'ident') {
      typeName += `.${this.#tokens[ahead + 1]?.text}`;
      ahead += 2;
    }
    const brace = this.#tokens[ahead];
    if (brace?.kind !== 'punct' || brace.text !== '{') return undefined;
    this.#next = ahead + 1;
    const fields: { at: number; name: string; value: Expr; optional: boolean }[] = [];
    while (!this.#is('}')) {
      const optional = this.#accept('?') !== undefined;
      const token = this.#peek();
      if (token.kind === 'quoted') this.#next++;
      else this.#name(true);
      const colon = this.#expect(':');
      fields.push({ at: colon.at, name: token.text, value: this.#expression(), optional });
      if (!this.#accept(',')) break;
    }
    this.#expect('}');
    return { kind: 'struct', at: brace.at ?? at, typeName, fields };
  }

  #list(at: number): Expr {
    const elements: { value: Expr; optional: boolean }[] = [];
    while (!this.#is(']')) {
      const optional = this.#accept('?') !== undefined;
      elements.push({ value: this.#expression(), optional });
      if (!this.#accept(',')) break;
    }
    this.#expect(']');
    return { kind: 'list', at, elements };
  }

  #entries(): MapEntry[] {
    const entries: MapEntry[] = [];
    while (!this.#is('}')) {
      const optional = this.#accept('?') !== undefined;
      const key = this.#expression();
      const colon = this.#expect(':');
      entries.push({ at: colon.at, key, value: this.#expression(), optional });
      if (!this.#accept(',')) break;
    }
    this.#expect('}');
    return entries;
  }
}

function call(name: string, at: number, args: readonly Expr[]): Expr {
  return { kind: 'call', at, name, target: undefined, args };
}
