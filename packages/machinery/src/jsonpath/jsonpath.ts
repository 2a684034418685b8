import { goSyntax, goType } from './go-syntax.ts';
import { canonicalJson } from './hash.ts';

/** The JSONPath of kubectl: a template with `{expressions}` between literal text, ranges, filters and negative indexes. */
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'range'; readonly steps: readonly Step[]; readonly body: readonly Node[] };

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'deep'; readonly name: string }
  | {
      readonly kind: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly step: number;
    }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'union'; readonly names: readonly string[] }
  | { readonly kind: 'filter'; readonly left: readonly Step[]; readonly operator: string; readonly right: unknown };

export interface JsonPath {
  /** What the template yields for an object. Throws when a field is missing and that matters. */
  evaluate(object: unknown, options?: { allowMissing?: boolean }): string;
  /** What each part of the template yields, in its order: the text, or the values that the path leads to. */
  parts(object: unknown, options?: { allowMissing?: boolean }): unknown[][];
}

/**
 * A template as `-o jsonpath` takes it: `use` evaluates it for an object, and what it throws is told with all that helps to find the mistake, as upstream
 * does.
 */
export function printedJsonPath<T>(
  template: string,
  use: (path: JsonPath, object: unknown) => T,
): (object: unknown) => T {
  const path = parsed(template);
  return (object) => {
    try {
      return use(path, object);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(
        [
          `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${message}. Printing more information for debugging the template:`,
          `\ttemplate was:\n\t\t${template}`,
          `\tobject given to jsonpath engine was:\n\t\t${goSyntax(object)}`,
          '',
          '',
          '',
        ].join('\n'),
      );
    }
  };
}

function parsed(template: string): JsonPath {
  try {
    return compileJsonPath(template);
  } catch (error) {
    throw new Error(`error parsing jsonpath ${template}, ${(error as Error).message}`);
  }
}

/** Compiles a template; `.metadata.name` without braces is taken as `{.metadata.name}`. Throws on syntax errors. */
export function compileJsonPath(template: string): JsonPath {
  const text = template.includes('{')
    ? template
    : `{${template.startsWith('.') || template.startsWith('$') || template.startsWith('[') ? template : `.${template}`}}`;
  const nodes = parseTemplate(text);
  return {
    evaluate: (object, options = {}) =>
      render(nodes, { root: object, current: object, allowMissing: options.allowMissing ?? true }),
    parts: (object, options = {}) =>
      partsOf(nodes, { root: object, current: object, allowMissing: options.allowMissing ?? true }),
  };
}

/** Every value that a path leads to; an index that a list does not have leads nowhere. */
export function valuesAt(path: string, object: unknown): unknown[] {
  return follow(parseSteps(path.replace(/^\$/, '')), [object], { root: object, allowMissing: true, lenient: true });
}

function parseTemplate(template: string): Node[] {
  const stack: { steps: Step[]; body: Node[] }[] = [{ steps: [], body: [] }];
  const top = (): { steps: Step[]; body: Node[] } => stack[stack.length - 1] as { steps: Step[]; body: Node[] };
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open < 0) {
      top().body.push({ kind: 'text', text: template.slice(at) });
      break;
    }
    if (open > at) top().body.push({ kind: 'text', text: template.slice(at, open) });
    const close = closingBrace(template, open);
    const inner = template.slice(open + 1, close).trim();
    at = close + 1;
    if (inner === 'end') {
      const range = stack.pop();
      if (!range || stack.length === 0) throw new Error('not in range, nothing to end');
      top().body.push({ kind: 'range', steps: range.steps, body: range.body });
    } else if (/^range[\s.[@$]/.test(inner)) {
      stack.push({ steps: parseSteps(inner.slice(5).trim().replace(/^\$/, '')), body: [] });
    } else if (/^["']/.test(inner)) {
      top().body.push({ kind: 'text', text: unquote(inner) });
    } else top().body.push({ kind: 'path', steps: parseSteps(inner.replace(/^[$@]/, '')) });
  }
  if (stack.length > 1) throw new Error('unterminated range');
  return top().body;
}

function closingBrace(template: string, open: number): number {
  let quote = '';
  for (let i = open + 1; i < template.length; i++) {
    const c = template[i] as string;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '}') return i;
  }
  throw new Error('unclosed action');
}

function unquote(text: string): string {
  const inner = text.slice(1, text.endsWith(text[0] as string) ? -1 : undefined);
  return inner.replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c);
}

function parseSteps(path: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  const name = (): string => {
    const match = /^(?:\\.|[^.[\]\\])+/.exec(path.slice(at));
    at += match?.[0].length ?? 0;
    return (match?.[0] ?? '').replace(/\\(.)/g, '$1');
  };
  while (at < path.length) {
    if (path.startsWith('..', at)) {
      at += 2;
      steps.push({ kind: 'deep', name: name() });
    } else if (path[at] === '.') {
      at++;
      const field = name();
      if (field === '*') steps.push({ kind: 'all' });
      else if (field !== '') steps.push({ kind: 'field', name: field });
    } else if (path[at] === '[') {
      const close = closingBracket(path, at);
      steps.push(parseBracket(path.slice(at + 1, close).trim()));
      at = close + 1;
    } else {
      const field = name();
      if (field === '') throw new Error(`unrecognized character in action: ${JSON.stringify(path[at])}`);
      steps.push({ kind: 'field', name: field });
    }
  }
  return steps;
}

function closingBracket(path: string, open: number): number {
  let depth = 0;
  let quote = '';
  for (let i = open; i < path.length; i++) {
    const c = path[i] as string;
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '[') depth++;
    else if (c === ']' && --depth === 0) return i;
  }
  throw new Error('unterminated array');
}

function parseBracket(inner: string): Step {
  if (inner === '*') return { kind: 'all' };
  const filter = /^\?\((.*)\)$/s.exec(inner);
  if (filter) return parseFilter((filter[1] ?? '').trim());
  const slice = /^(-?\d+)?:(-?\d+)?(?::(-?\d+))?$/.exec(inner);
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  if (slice) return { kind: 'slice', from: number(slice[1]), to: number(slice[2]), step: number(slice[3]) ?? 1 };
  if (/^-?\d+$/.test(inner)) return { kind: 'index', at: Number(inner) };
  const names = [...inner.matchAll(/'((?:\\.|[^'])*)'|"((?:\\.|[^"])*)"/g)].map((m) => m[1] ?? m[2] ?? '');
  if (names.length === 0) throw new Error(`invalid array index ${inner}`);
  return { kind: 'union', names };
}

function parseFilter(text: string): Step {
  const match = /^@(.*?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/s.exec(text);
  if (!match) return { kind: 'filter', left: parseSteps(text.replace(/^@/, '')), operator: 'exists', right: undefined };
  const right = (match[3] ?? '').trim();
  const value = /^["']/.test(right) ? unquote(right) : (JSON.parse(right) as unknown);
  return { kind: 'filter', left: parseSteps((match[1] ?? '').trim()), operator: match[2] ?? '', right: value };
}

interface Scope {
  readonly root: unknown;
  readonly current: unknown;
  readonly allowMissing: boolean;
  /** Whether an index that is not there is nothing, instead of a mistake. */
  readonly lenient?: boolean;
}

function render(nodes: readonly Node[], scope: Scope): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text;
      const values = follow(node.steps, [scope.current], scope);
      if (node.kind === 'path') return values.map(valueText).join(' ');
      return values.map((value) => render(node.body, { ...scope, current: value })).join('');
    })
    .join('');
}

function partsOf(nodes: readonly Node[], scope: Scope): unknown[][] {
  return nodes.flatMap((node) => {
    if (node.kind === 'text') return [[node.text]];
    const values = follow(node.steps, [scope.current], scope);
    return node.kind === 'path'
      ? [values]
      : values.flatMap((value) => partsOf(node.body, { ...scope, current: value }));
  });
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  // Members are sorted, as Go prints a map.
  return typeof value === 'object' ? canonicalJson(value) : String(value);
}

function follow(
  steps: readonly Step[],
  from: readonly unknown[],
  scope: Pick<Scope, 'root' | 'allowMissing' | 'lenient'>,
): unknown[] {
  let values = [...from];
  for (const step of steps) values = values.flatMap((value) => next(step, value, scope));
  return values;
}

function next(step: Step, value: unknown, scope: Pick<Scope, 'root' | 'allowMissing' | 'lenient'>): unknown[] {
  const object = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  const list = Array.isArray(value) ? (value as unknown[]) : undefined;
  switch (step.kind) {
    case 'field':
      if (object && !list && Object.hasOwn(object, step.name)) return [object[step.name]];
      if (scope.allowMissing) return [];
      throw new Error(`${step.name} is not found`);
    case 'union':
      return object ? step.names.filter((name) => Object.hasOwn(object, name)).map((name) => object[name]) : [];
    case 'all':
      return list ?? (object ? Object.values(object) : []);
    case 'deep':
      return object ? deep(object, step.name) : [];
    case 'index': {
      if (value === null || value === undefined) return [];
      if (!list && scope.lenient) return [];
      if (!list) throw new Error(`${goType(value)} is not array or slice`);
      const at = step.at < 0 ? list.length + step.at : step.at;
      if (at >= 0 && at < list.length) return [list[at]];
      if (scope.lenient) return [];
      throw new Error(`array index out of bounds: index ${at}, length ${list.length}`);
    }
    case 'slice':
      return list ? list.slice(step.from, step.to).filter((_, i) => i % step.step === 0) : [];
    case 'filter':
      return (list ?? []).filter((item) => {
        const [left] = follow(step.left, [item], { ...scope, allowMissing: true });
        return compare(left, step.operator, step.right);
      });
  }
}

function deep(object: Record<string, unknown>, name: string): unknown[] {
  const own = name === '' ? [object] : Object.hasOwn(object, name) ? [object[name]] : [];
  const below = Object.values(object).flatMap((value) =>
    typeof value === 'object' && value !== null ? deep(value as Record<string, unknown>, name) : [],
  );
  return [...own, ...below];
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  switch (operator) {
    case 'exists':
      return left !== undefined;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return (left as number) < (right as number);
    case '>':
      return (left as number) > (right as number);
    case '<=':
      return (left as number) <= (right as number);
    default:
      return (left as number) >= (right as number);
  }
}
