import { goType, goValue } from './format.ts';
import { functions, isTrue } from './functions.ts';
import type { Command, Node, Operand, Pipe, Place, Template } from './node.ts';

/** Where a failure is told with: the action's place and text. */
class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

class Jump extends Error {
  readonly to: 'break' | 'continue';
  constructor(to: 'break' | 'continue') {
    super(to);
    this.to = to;
  }
}

interface State {
  readonly template: Template;
  /** Whether a key that a map lacks is a failure. */
  readonly strict: boolean;
  readonly out: string[];
  readonly variables: { name: string; value: unknown }[];
}

/** A chain that has ended in a key that is not there: prints as `<no value>`, as nil does. */
const missing = undefined;

/** What the template yields for `data`. Throws with Go's words, `template: output:1:2: executing "output" at <.x>: …`. */
export function executeTemplate(template: Template, object: unknown, options: { strict: boolean }): string {
  const data = withInts(object);
  const state: State = { template, strict: options.strict, out: [], variables: [{ name: '$', value: data }] };
  walk(template.main, data, state);
  return state.out.join('');
}

function walk(nodes: readonly Node[], dot: unknown, state: State): void {
  for (const node of nodes) step(node, dot, state);
}

/** Runs `act` and forgets the variables that it has declared. */
function scoped(state: State, act: () => void): void {
  const before = state.variables.length;
  try {
    act();
  } finally {
    state.variables.length = before;
  }
}

function step(node: Node, dot: unknown, state: State): void {
  switch (node.kind) {
    case 'text':
      state.out.push(node.text);
      return;
    case 'print': {
      const value = pipeValue(node.pipe, dot, state);
      if (node.pipe.variables.length === 0)
        state.out.push(value === undefined || value === null ? '<no value>' : goValue(value));
      return;
    }
    case 'if':
    case 'with':
      scoped(state, () => {
        const value = pipeValue(node.pipe, dot, state);
        if (isTrue(value)) walk(node.body, node.kind === 'with' ? value : dot, state);
        else walk(node.otherwise, dot, state);
      });
      return;
    case 'range':
      scoped(state, () => range(node, dot, state));
      return;
    case 'call':
      call(node, dot, state);
      return;
    default:
      throw new Jump(node.kind);
  }
}

function call(node: Node & { kind: 'call' }, dot: unknown, state: State): void {
  const body = state.template.defined.get(node.name);
  if (!body) throw new TemplateError(`template: output: template "${node.name}" not defined`);
  const value = node.pipe ? pipeValue(node.pipe, dot, state) : undefined;
  walk(body, value, { ...state, variables: [{ name: '$', value }] });
}

function range(node: Node & { kind: 'range' }, dot: unknown, state: State): void {
  const { variables, declares, commands } = node.pipe;
  const value = pipeValue({ variables: [], declares, commands }, dot, state);
  const items = itemsOf(value, commands[0] as Command);
  if (items.length === 0) {
    walk(node.otherwise, dot, state);
    return;
  }
  for (const [key, item] of items) {
    try {
      scoped(state, () => {
        const values = variables.length === 2 ? [key, item] : [item];
        for (const [i, name] of variables.entries()) assign(state, { name, value: values[i], declares });
        walk(node.body, item, state);
      });
    } catch (error) {
      if (!(error instanceof Jump)) throw error;
      if (error.to === 'break') return;
    }
  }
}

function itemsOf(value: unknown, command: Command): [unknown, unknown][] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'bigint') return Array.from({ length: Number(value) }, (_none, i) => [BigInt(i), BigInt(i)]);
  if (Array.isArray(value)) return value.map((item, i) => [BigInt(i), item]);
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  throw failure(command, `range can't iterate over ${goValue(value)}`);
}

function assign(state: State, of: { name: string; value: unknown; declares: boolean }): void {
  if (of.declares) {
    state.variables.push({ name: of.name, value: of.value });
    return;
  }
  const variable = state.variables.findLast(({ name }) => name === of.name);
  if (!variable) throw new TemplateError(`undefined variable: ${of.name}`);
  variable.value = of.value;
}

function pipeValue(pipe: Pipe, dot: unknown, state: State): unknown {
  let value: unknown;
  for (const [i, command] of pipe.commands.entries()) {
    value = commandValue(command, { dot, state, ...(i > 0 ? { last: { value } } : {}) });
  }
  for (const name of pipe.variables) assign(state, { name, value, declares: pipe.declares });
  return value;
}

interface Context {
  readonly dot: unknown;
  readonly state: State;
  /** What the command before this one in the pipe has yielded. */
  readonly last?: { readonly value: unknown };
}

function commandValue(command: Command, context: Context): unknown {
  const [first, ...rest] = command.operands as [Operand, ...Operand[]];
  if (first.kind === 'function') return functionValue(first.name, { command, rest, context });
  if (rest.length > 0 || context.last) {
    const what =
      first.kind === 'dot' && first.fields.length > 0
        ? `${first.fields.at(-1)} is not a method but has arguments`
        : `can't give argument to non-function ${command.source.split(/\s/)[0]}`;
    throw failure(command, what);
  }
  return operandValue(first, command, context);
}

function functionValue(
  name: string,
  { command, rest, context }: { command: Command; rest: readonly Operand[]; context: Context },
): unknown {
  const last = context.last ? [context.last.value] : [];
  if (name === 'and' || name === 'or') {
    let value: unknown;
    for (const operand of rest) {
      value = operandValue(operand, command, context);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return context.last ? context.last.value : value;
  }
  const run = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!run) throw failure(command, `function "${name}" not defined`);
  const values = rest.map((operand) => operandValue(operand, command, context));
  try {
    return run(...values, ...last);
  } catch (error) {
    throw failure(command, `error calling ${name}: ${(error as Error).message}`);
  }
}

function operandValue(operand: Operand, command: Command, context: Context): unknown {
  const { dot, state } = context;
  switch (operand.kind) {
    case 'literal':
      return operand.value;
    case 'function':
      return functionValue(operand.name, { command, rest: [], context: { dot, state } });
    case 'dot':
      return fieldValue(dot, operand.fields, { place: operand, state });
    case 'group':
      return fieldValue(pipeValue(operand.pipe, dot, state), operand.fields, { place: operand, state });
    case 'variable': {
      const variable = state.variables.findLast(({ name }) => name === operand.name);
      if (!variable) throw new SyntaxError(`template: output:${command.line}: undefined variable "${operand.name}"`);
      return fieldValue(variable.value, operand.fields, { place: operand, state });
    }
  }
}

function fieldValue(start: unknown, fields: readonly string[], of: { place: Place; state: State }): unknown {
  let at = start;
  for (const field of fields) {
    if (at === missing) {
      if (of.state.strict) throw failure(of.place, `nil data; no entry for key "${field}"`);
      return missing;
    }
    if (at === null) throw failure(of.place, `nil pointer evaluating interface {}.${field}`);
    if (typeof at !== 'object' || Array.isArray(at))
      throw failure(
        of.place,
        `can't evaluate field ${field} in type ${Array.isArray(at) || typeof at === 'object' ? goType(at) : 'interface {}'}`,
      );
    const map = at as Readonly<Record<string, unknown>>;
    if (!Object.hasOwn(map, field) && of.state.strict) throw failure(of.place, `map has no entry for key "${field}"`);
    at = Object.hasOwn(map, field) ? map[field] : missing;
  }
  return at;
}

function failure({ line, column, source }: Place, message: string): TemplateError {
  return new TemplateError(`template: output:${line}:${column}: executing "output" at <${source}>: ${message}`);
}

/** Whole numbers become bigints, as kubectl reads them from JSON into ints. */
function withInts(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withInts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withInts(one)]));
}
