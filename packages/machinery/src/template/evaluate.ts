import { GoInt, goType, goValue } from './format.ts';
import { evaluatesAll, functions, isTrue } from './functions.ts';
import type { Command, Node, Operand, Pipe, Place, Template } from './node.ts';

/** A template that could not be filled in, with what it has yielded until then. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';
  readonly partial: string;
  constructor(message: string, partial: string) {
    super(message);
    this.partial = partial;
  }
}

class Jump extends Error {
  readonly to: 'break' | 'continue';
  constructor(to: 'break' | 'continue') {
    super(to);
    this.to = to;
  }
}

/**
 * A value as in Go's templates. `boxed` marks elements of maps and lists: about a missing field of one, Go names only
 * the map's type.
 */
interface Held {
  readonly value: unknown;
  readonly boxed: boolean;
}

interface Variable {
  readonly name: string;
  held: Held;
}

/** A chain that has ended in a key that is not there: prints as `<no value>`, as nil does. */
const missing = undefined;
const bare = (value: unknown): Held => ({ value, boxed: false });

/**
 * The template's output for `data`. Throws ExecutionError with Go's words, `template: output:1:2: executing "output" at
 * <.x>: …`.
 */
export function executeTemplate(template: Template, object: unknown, options: { strict: boolean }): string {
  const out: string[] = [];
  const data = withInts(object);
  try {
    new Execution(template, { strict: options.strict, out, name: 'output' }, data).walk(template.main, bare(data));
  } catch (error) {
    throw new ExecutionError((error as Error).message, out.join(''));
  }
  return out.join('');
}

interface Surroundings {
  /** Whether a key that a map lacks is a failure. */
  readonly strict: boolean;
  readonly out: string[];
  /** The template's name in messages. */
  readonly name: string;
}

class Execution {
  readonly #template: Template;
  readonly #in: Surroundings;
  readonly #variables: Variable[];
  /** The part being evaluated, for error messages. */
  #at: Place = { source: '', line: 1, column: 0 };

  constructor(template: Template, surroundings: Surroundings, data: unknown) {
    this.#template = template;
    this.#in = surroundings;
    this.#variables = [{ name: '$', held: bare(data) }];
  }

  walk(nodes: readonly Node[], dot: Held): void {
    for (const node of nodes) this.#step(node, dot);
  }

  /** Runs `act` and forgets the variables that it has declared. */
  #scoped(act: () => void): void {
    const before = this.#variables.length;
    try {
      act();
    } finally {
      this.#variables.length = before;
    }
  }

  #step(node: Node, dot: Held): void {
    switch (node.kind) {
      case 'text':
        this.#in.out.push(node.text);
        return;
      case 'print': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length > 0) return;
        this.#in.out.push(value === missing ? '<no value>' : goValue(value));
        return;
      }
      case 'if':
      case 'with':
        this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          if (isTrue(value)) this.walk(node.body, node.kind === 'with' ? bare(value) : dot);
          else this.walk(node.otherwise, dot);
        });
        return;
      case 'range':
        this.#scoped(() => this.#range(node, dot));
        return;
      case 'call':
        this.#call(node, dot);
        return;
      default:
        throw new Jump(node.kind);
    }
  }

  #call(node: Node & { kind: 'call' }, dot: Held): void {
    this.#at = node.place;
    const body = this.#template.defined.get(node.name);
    if (!body) throw this.#failure(`template ${JSON.stringify(node.name)} not defined`);
    const value = node.pipe ? this.#pipe(node.pipe, dot) : missing;
    new Execution(this.#template, { ...this.#in, name: node.name }, value).walk(body, bare(value));
  }

  #range(node: Node & { kind: 'range' }, dot: Held): void {
    const { variables, declares } = node.pipe;
    const items = this.#items(this.#pipe({ ...node.pipe, variables: [] }, dot), variables.length);
    if (items.length === 0) {
      this.walk(node.otherwise, dot);
      return;
    }
    for (const [key, item] of items) {
      try {
        this.#scoped(() => {
          const values = variables.length === 2 ? [bare(key), item] : [item];
          for (const [i, name] of variables.entries()) this.#assign(name, values[i] ?? item, declares);
          this.walk(node.body, item);
        });
      } catch (error) {
        if (!(error instanceof Jump)) throw error;
        if (error.to === 'break') return;
      }
    }
  }

  #items(value: unknown, variables: number): [unknown, Held][] {
    const boxed = (item: unknown): Held => ({ value: item, boxed: true });
    if (value === missing) return [];
    if (typeof value === 'bigint' || value instanceof GoInt) {
      if (variables > 1) throw this.#failure(`can't use ${goValue(value)} to iterate over more than one variable`);
      const like = (i: number): unknown => (value instanceof GoInt ? new GoInt(BigInt(i)) : BigInt(i));
      const length = Number(value instanceof GoInt ? value.value : value);
      return Array.from({ length: Math.max(0, length) }, (_none, i) => [like(i), bare(like(i))]);
    }
    if (Array.isArray(value)) return value.map((item, i) => [new GoInt(BigInt(i)), boxed(item)]);
    if (typeof value === 'object' && value !== null)
      return Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => [key, boxed(item)]);
    throw this.#failure(`range can't iterate over ${goValue(value)}`);
  }

  #assign(name: string, held: Held, declares: boolean): void {
    if (declares) {
      this.#variables.push({ name, held });
      return;
    }
    const variable = this.#variables.findLast((one) => one.name === name);
    if (!variable) throw new Error(`undefined variable: ${name}`);
    variable.held = held;
  }

  /** A pipe's result is unwrapped: a null becomes no value. */
  #pipe(pipe: Pipe, dot: Held): unknown {
    this.#at = pipe.place;
    let value: unknown;
    for (const [i, command] of pipe.commands.entries())
      value = this.#command(command, dot, i > 0 ? { value } : undefined) ?? missing;
    for (const name of pipe.variables) this.#assign(name, bare(value), pipe.declares);
    return value;
  }

  #command(command: Command, dot: Held, last: { value: unknown } | undefined): unknown {
    const [first, ...rest] = command.operands as [Operand, ...Operand[]];
    if (first.kind === 'function') return this.#function(first, { command, rest, dot, last });
    const hasArguments = rest.length > 0 || last !== undefined;
    if (hasArguments && !(first.kind === 'dot' && first.fields.length > 0)) {
      if (first.kind !== 'group') this.#at = first;
      const what = first.kind === 'group' ? first.source.replace(/^\(|\)$/g, '') : first.source;
      throw this.#failure(`can't give argument to non-function ${what}`);
    }
    if (first.kind === 'literal' && first.value === missing) {
      this.#at = first;
      throw this.#failure('nil is not a command');
    }
    const { value } = this.#operand(first, dot);
    if (hasArguments && first.kind === 'dot')
      throw this.#failure(`${first.fields.at(-1)} is not a method but has arguments`);
    return value;
  }

  #function(
    operand: Operand & { kind: 'function' },
    of: { command: Place; rest: readonly Operand[]; dot: Held; last: { value: unknown } | undefined },
  ): unknown {
    const { name } = operand;
    const { command, rest, dot, last } = of;
    const known = functions[name];
    if (!known) throw this.#failure(`function ${JSON.stringify(name)} not defined`);
    this.#at = operand;
    const got = rest.length + (last ? 1 : 0);
    const { fewest, most } = known;
    if (got < fewest || got > most)
      throw this.#failure(
        `wrong number of args for ${name}: want ${most > fewest ? 'at least ' : ''}${fewest} got ${got}`,
      );
    if (!evaluatesAll(name)) return this.#either(name === 'or', { rest, dot, last });
    const values = rest.map((one, i) => (known.text && i === 0 ? this.#text(one, dot) : this.#operand(one, dot).value));
    if (last) {
      if (known.text && rest.length === 0) {
        this.#at = operand;
        this.#checkText(last.value);
      }
      values.push(last.value);
    }
    try {
      return known.run(values, { sources: rest.map(({ source }) => source) });
    } catch (error) {
      this.#at = command;
      throw this.#failure(`error calling ${name}: ${(error as Error).message}`);
    }
  }

  /** `and` and `or` look at no more than they need. */
  #either(
    isOr: boolean,
    { rest, dot, last }: { rest: readonly Operand[]; dot: Held; last: { value: unknown } | undefined },
  ): unknown {
    let value: unknown;
    for (const operand of rest) {
      value = this.#operand(operand, dot).value;
      if (isTrue(value) === isOr) return value;
    }
    return last ? last.value : value;
  }

  /** An argument that has to be a text. */
  #text(operand: Operand, dot: Held): unknown {
    const { value } = this.#operand(operand, dot);
    if (operand.kind === 'literal' && typeof value !== 'string')
      throw this.#failure(
        value === missing ? 'cannot assign nil to string' : `expected string; found ${operand.source}`,
      );
    this.#checkText(value);
    return value;
  }

  #checkText(value: unknown): void {
    if (typeof value === 'string') return;
    if (value === missing) throw this.#failure('invalid value; expected string');
    throw this.#failure(
      `wrong type for value; expected string; got ${value === null ? 'interface {}' : goType(value)}`,
    );
  }

  #operand(operand: Operand, dot: Held): Held {
    switch (operand.kind) {
      case 'literal':
        this.#at = operand;
        return bare(operand.value);
      case 'function':
        return bare(this.#function(operand, { command: operand, rest: [], dot, last: undefined }));
      case 'dot':
        this.#at = operand;
        return this.#fields(dot, operand.fields);
      case 'group':
        return this.#fields(bare(this.#pipe(operand.pipe, dot)), operand.fields);
      case 'variable': {
        this.#at = operand;
        const variable = this.#variables.findLast(({ name }) => name === operand.name);
        if (!variable) throw new SyntaxError(`template: output:${operand.line}: undefined variable "${operand.name}"`);
        return this.#fields(variable.held, operand.fields);
      }
    }
  }

  #fields(start: Held, fields: readonly string[]): Held {
    let held = start;
    for (const field of fields) held = { value: this.#field(held, field), boxed: true };
    return held;
  }

  #field({ value, boxed }: Held, field: string): unknown {
    if (value === missing) {
      if (this.#in.strict) throw this.#failure(`nil data; no entry for key ${JSON.stringify(field)}`);
      return missing;
    }
    if (value === null) throw this.#failure(`nil pointer evaluating interface {}.${field}`);
    if (typeof value !== 'object' || Array.isArray(value) || value instanceof GoInt)
      throw this.#failure(`can't evaluate field ${field} in type ${boxed ? 'interface {}' : goType(value)}`);
    if (Object.hasOwn(value, field)) return (value as Readonly<Record<string, unknown>>)[field];
    if (this.#in.strict) throw this.#failure(`map has no entry for key ${JSON.stringify(field)}`);
    return missing;
  }

  #failure(message: string): Error {
    const { line, column, source } = this.#at;
    return new Error(
      `template: output:${line}:${column}: executing ${JSON.stringify(this.#in.name)} at <${source}>: ${message}`,
    );
  }
}

/** Whole numbers become bigints, as kubectl reads them from JSON into ints of 64 bits. */
function withInts(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withInts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withInts(one)]));
}
