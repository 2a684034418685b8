import { goQuote } from '../quote.ts';
import { GoInt } from './format.ts';
import { functions } from './functions.ts';
import type { Command, Node, Operand, OperandValue, Pipe, Place, Template } from './node.ts';
import { type Token, tokensOf } from './tokens.ts';

/** A piece of literal text, or the inside of an action. */
interface Piece {
  readonly action: boolean;
  readonly text: string;
  readonly at: number;
}

/** Parses a template of Go's text/template. Throws a SyntaxError with Go's words behind `template: output:LINE: `. */
export function parseTemplate(source: string): Template {
  const parser = new Parser(source);
  return parser.parse();
}

/** Alternating text and actions; `{{-` and `-}}` have trimmed the blanks beside them. Comments are removed. */
function piecesOf(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  while (at <= source.length) {
    const open = source.indexOf('{{', at);
    const end = open < 0 ? source.length : open;
    const trimsLeft = open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    let text = source.slice(at, end);
    if (trimNext) text = text.replace(/^[ \t\r\n]+/, '');
    if (trimsLeft) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') pieces.push({ action: false, text, at });
    if (open < 0) break;
    const start = open + (trimsLeft ? 3 : 2);
    const close = closeOf(source, start);
    const inner = source.slice(start, close);
    trimNext = /[ \t\r\n]-$/.test(inner);
    const body = trimNext ? inner.slice(0, -1) : inner;
    if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(body)) pieces.push({ action: true, text: body, at: start });
    at = close + 2;
  }
  return pieces;
}

/** The position of the action's `}}`, ignoring strings. */
function closeOf(source: string, start: number): number {
  const shape = /"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|\}\}/g;
  shape.lastIndex = start;
  for (let match = shape.exec(source); match; match = shape.exec(source)) if (match[0] === '}}') return match.index;
  throw problem(source, start, 'unclosed action');
}

function problem(source: string, at: number, message: string): SyntaxError {
  return new SyntaxError(`template: output:${source.slice(0, at).split('\n').length}: ${message}`);
}

class Parser {
  readonly #source: string;
  readonly #pieces: Piece[];
  readonly #defined = new Map<string, readonly Node[]>();
  #next = 0;
  /** The number of open ranges. */
  #ranges = 0;

  constructor(source: string) {
    this.#source = source;
    this.#pieces = piecesOf(source);
  }

  parse(): Template {
    const { nodes, ended } = this.#list();
    if (ended) throw problem(this.#source, ended.at, `unexpected {{${ended.word}}}`);
    return { main: nodes, defined: this.#defined };
  }

  /** Nodes up to `{{end}}`, `{{else}}` or the end of the template. */
  #list(): { nodes: Node[]; ended: { word: string; rest: Token[]; at: number } | undefined } {
    const nodes: Node[] = [];
    while (this.#next < this.#pieces.length) {
      const piece = this.#pieces[this.#next++] as Piece;
      if (!piece.action) {
        nodes.push({ kind: 'text', text: piece.text });
        continue;
      }
      const tokens = this.#tokens(piece);
      const [first, ...rest] = tokens;
      if (!first) throw problem(this.#source, piece.at, 'missing value for command');
      if (first.type === 'word' && (first.text === 'end' || first.text === 'else')) {
        return { nodes, ended: { word: first.text, rest, at: piece.at } };
      }
      const node = this.#action(first, rest, tokens);
      if (node) nodes.push(node);
    }
    return { nodes, ended: undefined };
  }

  #tokens(piece: Piece): Token[] {
    try {
      const tokens = tokensOf(piece.text, piece.at);
      while (tokens[0]?.type === 'space') tokens.shift();
      while (tokens.at(-1)?.type === 'space') tokens.pop();
      return tokens;
    } catch (error) {
      throw problem(this.#source, piece.at, (error as Error).message);
    }
  }

  #action(first: Token, rest: Token[], all: Token[]): Node | undefined {
    switch (first.type === 'word' ? first.text : '') {
      case 'if':
      case 'with':
      case 'range':
        return this.#block(first.text as 'if', rest, first.at);
      case 'break':
      case 'continue':
        if (this.#ranges === 0) throw problem(this.#source, first.at, `{{${first.text}}} outside {{range}}`);
        return { kind: first.text as 'break' };
      case 'define':
        this.#defined.set(this.#name(rest, first), this.#body(first.at));
        return undefined;
      case 'block': {
        const name = this.#name(rest, first);
        this.#defined.set(name, this.#body(first.at));
        return this.#call(name, rest);
      }
      case 'template':
        return this.#call(this.#name(rest, first), rest);
      default:
        return { kind: 'print', pipe: this.#pipe(all) };
    }
  }

  #call(name: string, tokens: readonly Token[]): Node {
    const pipe = this.#optionalPipe(tokens);
    const source = `{{template ${JSON.stringify(name)}${pipe ? ` ${pipe.place.source}` : ''}}}`;
    const named = tokens.filter(({ type }) => type === 'string');
    return { kind: 'call', name, pipe, place: { ...this.#place(named, named[0]?.at ?? 0), source } };
  }

  #block(kind: 'if' | 'with' | 'range', tokens: Token[], at: number): Node {
    if (tokens.every(({ type }) => type === 'space')) throw problem(this.#source, at, `missing value for ${kind}`);
    const pipe = this.#pipe(tokens);
    if (kind === 'range') this.#ranges++;
    const { nodes: body, ended } = this.#list();
    if (kind === 'range') this.#ranges--;
    if (!ended) throw problem(this.#source, this.#source.length, 'unexpected EOF');
    if (ended.word === 'end') return { kind, pipe, body, otherwise: [] };
    const words = ended.rest.filter(({ type }) => type !== 'space');
    // `{{else if …}}` is a nested if that shares the end.
    if (words[0]?.type === 'word') {
      const inner = ended.rest.slice(ended.rest.indexOf(words[0]) + 1);
      return { kind, pipe, body, otherwise: [this.#block(words[0].text as 'if', inner, at)] };
    }
    return { kind, pipe, body, otherwise: this.#body(at) };
  }

  #body(at: number): Node[] {
    const { nodes, ended } = this.#list();
    if (ended?.word === 'else') throw problem(this.#source, ended.at, 'expected end; found {{else}}');
    if (ended?.word !== 'end') throw problem(this.#source, ended?.at ?? at, 'unexpected EOF');
    return nodes;
  }

  #name(tokens: readonly Token[], { text: clause, at }: Token): string {
    const token = tokens.find(({ type }) => type === 'string');
    if (!token) throw problem(this.#source, at, `unexpected "${tokens[0]?.text ?? '}}'}" in ${clause} clause`);
    return textOf(token);
  }

  #optionalPipe(tokens: readonly Token[]): Pipe | undefined {
    const behind = tokens.slice(tokens.findIndex(({ type }) => type === 'string') + 1);
    return behind.some(({ type }) => type !== 'space') ? this.#pipe(behind) : undefined;
  }

  #pipe(tokens: readonly Token[]): Pipe {
    const assign = tokens.findIndex(({ type, text }) => type === 'sign' && (text === ':=' || text === '='));
    const head = assign < 0 ? [] : tokens.slice(0, assign).filter(({ type }) => type === 'variable');
    const body = tokens.slice(assign + 1);
    const commands: Command[] = [];
    let depth = 0;
    let from = 0;
    for (const [i, { type, text }] of [...body, { type: 'sign', text: '|' }].entries()) {
      if (type !== 'sign') continue;
      if (text === '(') depth++;
      if (text === ')') depth--;
      if (text !== '|' || depth > 0) continue;
      const part = body.slice(from, i);
      while (part[0]?.type === 'space') part.shift();
      const command = this.#command(part, part[0]?.at ?? tokens[0]?.at ?? 0);
      const [first] = command.operands;
      if (commands.length > 0 && (first?.kind === 'literal' || (first?.kind === 'dot' && first.fields.length === 0)))
        throw problem(
          this.#source,
          tokens[0]?.at ?? 0,
          `non executable command in pipeline stage ${commands.length + 1}`,
        );
      commands.push(command);
      from = i + 1;
    }
    if (depth > 0) throw problem(this.#source, tokens[0]?.at ?? 0, 'unclosed left paren');
    return {
      variables: head.map(({ text }) => text),
      declares: tokens[assign]?.text === ':=',
      commands,
      place: this.#place(
        tokens.filter(({ type }, i) => type !== 'space' || (i > 0 && i < tokens.length - 1)),
        tokens.find(({ type }) => type !== 'space')?.at ?? 0,
      ),
    };
  }

  #command(tokens: readonly Token[], at: number): Command {
    const operands: Operand[] = [];
    let i = 0;
    const fields = (): string[] => {
      const names: string[] = [];
      for (; tokens[i]?.type === 'field'; i++) names.push((tokens[i] as Token).text.slice(1));
      return names;
    };
    const skip = (to = i): number => {
      i = to;
      return i;
    };
    while (i < tokens.length) {
      const from = i;
      const value = this.#operand(tokens[i++] as Token, { tokens, fields, skip });
      if (!value) continue;
      const next = tokens[i];
      if (next && next.type !== 'space') throw problem(this.#source, next.at, `unexpected ${named(next)} in operand`);
      // Go reports a chain at the position of its second part.
      const parts =
        value.kind === 'dot' ? value.fields.length : value.kind === 'variable' ? value.fields.length + 1 : 1;
      const chain = parts > 1 ? from + 1 : from;
      operands.push({ ...value, ...this.#place(tokens.slice(from, i), tokens[chain]?.at ?? at) });
    }
    if (operands.length === 0) throw problem(this.#source, at, 'missing value for command');
    return { operands, ...this.#place(tokens, at) };
  }

  #operand(
    token: Token,
    of: { tokens: readonly Token[]; fields: () => string[]; skip: (to?: number) => number },
  ): OperandValue | undefined {
    const { tokens, fields, skip } = of;
    switch (token.type) {
      case 'space':
        return undefined;
      case 'field':
        skip(skip() - 1);
        return { kind: 'dot', fields: fields() };
      case 'variable':
        return { kind: 'variable', name: token.text, fields: fields() };
      case 'word':
        if (!isKnown(token.text)) throw problem(this.#source, token.at, `function "${token.text}" not defined`);
        return wordOperand(token.text);
      case 'sign': {
        if (token.text === '.') return { kind: 'dot', fields: [] };
        if (token.text !== '(') throw problem(this.#source, token.at, `unexpected "${token.text}" in operand`);
        const from = skip();
        const close = closingParenthesis(tokens, from);
        const pipe = this.#pipe(tokens.slice(from, close));
        skip(close + 1);
        return { kind: 'group', pipe, fields: fields() };
      }
      default:
        if (tokens[skip()]?.type === 'field')
          throw problem(this.#source, token.at, `unexpected . after term ${JSON.stringify(token.text)}`);
        return { kind: 'literal', value: literalOf(token) };
    }
  }

  #place(tokens: readonly Token[], at: number): Place {
    const [first, last] = [tokens[0], tokens.at(-1)];
    const source = first && last ? this.#source.slice(first.at, last.at + last.text.length).trim() : '';
    const before = this.#source.slice(0, at).split('\n');
    return { source, line: before.length, column: before.at(-1)?.length ?? 0 };
  }
}

/** An unexpected token in the words of Go's parser. */
function named({ text }: Token): string {
  if (text === '.' || text === 'nil') return `<${text}>`;
  return text.length > 10 ? `${goQuote(text.slice(0, 10))}...` : goQuote(text);
}

function closingParenthesis(tokens: readonly Token[], from: number): number {
  let depth = 1;
  for (let i = from; i < tokens.length; i++) {
    if (tokens[i]?.text === '(') depth++;
    if (tokens[i]?.text === ')' && --depth === 0) return i;
  }
  return tokens.length;
}

const words = new Set(['true', 'false', 'nil', 'and', 'or']);

function isKnown(word: string): boolean {
  return words.has(word) || functions[word] !== undefined;
}

function wordOperand(word: string): OperandValue {
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
  if (word === 'nil') return { kind: 'literal', value: undefined };
  return { kind: 'function', name: word };
}

/** Integer literals are ints here, because Go distinguishes them from the floats of JSON. */
function literalOf(token: Token): unknown {
  if (token.type === 'string') return textOf(token);
  if (token.type === 'char')
    return new GoInt(BigInt(textOf({ ...token, text: `"${token.text.slice(1, -1)}"` }).codePointAt(0) ?? 0));
  return /^[+-]?(0[xX][0-9a-fA-F]+|\d+)$/.test(token.text)
    ? new GoInt(BigInt(token.text.replace(/^\+/, '')))
    : Number(token.text);
}

function textOf({ text }: Token): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  const simple: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };
  return text.slice(1, -1).replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g, (_all, hex, unicode, letter) => {
    if (letter !== undefined) return simple[letter as string] ?? (letter as string);
    return String.fromCharCode(Number.parseInt((hex ?? unicode) as string, 16));
  });
}
