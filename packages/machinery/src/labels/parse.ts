import { aggregateText } from '@typernetes/base';
import { invalidValue, problemText } from '../field-problem.ts';
import { labelValueProblems, qualifiedNameProblems } from '../names.ts';
import { everything, type LabelOperator, type LabelRequirement, type Selector, selectorOf } from './selector.ts';

type TokenKind = 'identifier' | 'operator' | '!' | '(' | ')' | ',' | 'end';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const comparisons = new Map<string, LabelOperator>(
  Object.entries({
    in: 'in',
    notin: 'notin',
    '=': '=',
    '==': '==',
    '!=': '!=',
    '>': 'gt',
    '<': 'lt',
  } as const),
);

/** Symbols stick to nothing, words run up to the next symbol or space. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [found] of text.matchAll(/==|!=|[=!(),<>]|[^=!(),<>\s]+/g)) {
    if (found === '(' || found === ')' || found === ',' || found === '!') tokens.push({ kind: found, text: found });
    else tokens.push({ kind: /^[=!<>]/.test(found) ? 'operator' : 'identifier', text: found });
  }
  return tokens;
}

const end: Token = { kind: 'end', text: '' };

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  requirements(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const first = this.#peek();
      if (first.kind === 'end') return requirements;
      if (first.kind !== 'identifier' && first.kind !== '!') {
        throw new Error(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next.kind === 'end') return requirements;
      if (next.kind !== ',') throw new Error(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (after.kind !== 'identifier' && after.kind !== '!') {
        throw new Error(`found '${after.text}', expected: identifier after ','`);
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #requirement(): LabelRequirement {
    try {
      return checked(this.#readRequirement());
    } catch (error) {
      throw new Error(`unable to parse requirement: ${(error as Error).message}`);
    }
  }

  #readRequirement(): LabelRequirement {
    let token = this.#take();
    const negated = token.kind === '!';
    if (negated) token = this.#take();
    if (token.kind !== 'identifier') throw new Error(`found '${token.text}', expected: identifier`);
    const key = token.text;
    checkKey(key);
    const next = this.#peek().kind;
    if (negated) return { key, operator: '!', values: [] };
    if (next === 'end' || next === ',') return { key, operator: 'exists', values: [] };
    const operatorToken = this.#take();
    const operator = comparisons.get(operatorToken.text);
    if (operator === undefined) {
      throw new Error(`found '${operatorToken.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const values = operator === 'in' || operator === 'notin' ? this.#set() : [this.#value()];
    return { key, operator, values };
  }

  #value(): string {
    const next = this.#peek();
    if (next.kind === 'end' || next.kind === ',') return '';
    this.#at++;
    if (next.kind !== 'identifier') throw new Error(`found '${next.text}', expected: identifier`);
    return next.text;
  }

  /** `(a, b)`; an empty item is the empty value. */
  #set(): string[] {
    const open = this.#take();
    if (open.kind !== '(') throw new Error(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind !== 'identifier' && first.kind !== ',' && first.kind !== ')') {
      throw new Error(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'identifier') {
        this.#at++;
        values.add(token.text);
      } else if (token.kind === ',' || token.kind === ')') values.add('');
      else throw new Error(`found '${token.text}', expected: ',', or identifier`);
      const separator = this.#take();
      if (separator.kind === ')') return [...values].sort();
      if (separator.kind !== ',') throw new Error(`found '${separator.text}', expected: ',' or ')'`);
    }
  }
}

function checkKey(key: string): void {
  const problems = qualifiedNameProblems(key);
  if (problems.length > 0) throw new Error(problemText(invalidValue('<nil>', key, problems.join('; '))));
}

function checked(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement;
  const problems: string[] = [];
  if ((operator === 'gt' || operator === 'lt') && !/^[+-]?\d+$/.test(values[0] ?? '')) {
    const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
    problems.push(problemText(invalidValue('values[0]', values[0], detail)));
  }
  for (const [i, value] of values.entries()) {
    const wrong = labelValueProblems(value);
    if (wrong.length > 0) problems.push(problemText(invalidValue(`values[${i}][${key}]`, value, wrong.join('; '))));
  }
  if (problems.length > 0) throw new Error(aggregateText(problems));
  return requirement;
}

/** Reads `app=web,tier in (a, b),!canary`. Throws an Error with upstream's message; the empty text selects everything. */
export function parseSelector(text: string): Selector {
  const requirements = new Parser(text).requirements();
  return requirements.length === 0 ? everything : selectorOf(requirements);
}
