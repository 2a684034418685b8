import { goFloat } from '../go-float.ts';
import { goSyntax, goValue } from '../go-syntax.ts';
import { canonicalJson } from '../hash.ts';
import type { NumberForm } from './comparison.ts';
import { evaluateParts } from './evaluate.ts';
import { NumberLiteral } from './node.ts';
import { parseTemplate } from './parse.ts';

export interface JsonPathOptions extends NumberForm {
  /** Default: true, a field that is not there is nothing. */
  readonly allowMissing?: boolean;
}

/** The JSONPath of kubectl: a template with `{expressions}` between literal text, ranges, filters and negative indexes. */
export interface JsonPath {
  /** What the template yields for an object, as it is printed. Throws with upstream's words where it cannot. */
  evaluate(object: unknown, options?: JsonPathOptions): string;
  /** What each part of the template yields, in its order: the text, or the values that the path leads to. */
  parts(object: unknown, options?: JsonPathOptions): unknown[][];
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

/** Compiles a template: what stands in no braces is text. Throws on syntax errors. */
export function compileJsonPath(template: string): JsonPath {
  const parts = parseTemplate(template);
  const values = (object: unknown, { allowMissing = true, floats = false }: JsonPathOptions = {}): unknown[][] =>
    evaluateParts(parts, object, { allowMissing, floats });
  return {
    parts: (object, options) => values(object, options).map((found) => found.map(withoutLiteral)),
    evaluate: (object, options = {}) =>
      values(object, options)
        .map((found) => found.map((value) => printedValue(value, options)).join(' '))
        .join(''),
  };
}

/**
 * A path as custom columns, `--sort-by` and `wait` take it, with braces or a leading point or without: `metadata.name` is `{.metadata.name}`. Throws for
 * what is none.
 */
export function relaxedJsonPath(expression: string): string {
  if (expression === '') return '';
  const [, braced, bare] = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression) ?? [];
  const path = braced ?? bare;
  if (path === undefined)
    throw new Error(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    );
  return `{.${path}}`;
}

/** Every value that a path without braces leads to; one that an object has no place for leads nowhere. */
export function valuesAt(path: string, object: unknown): unknown[] {
  const compiled = compileJsonPath(`{${path}}`);
  try {
    return compiled.parts(object)[0] ?? [];
  } catch {
    return []; // An index beyond a list, or one of what is no list: there is nothing there.
  }
}

function printedValue(value: unknown, { floats = false }: NumberForm): string {
  if (typeof value === 'number' && floats) return goFloat(value);
  if (value instanceof NumberLiteral) return value.kind === 'int' ? String(value.value) : goFloat(value.value);
  // Members are sorted, as Go prints a map.
  return typeof value === 'object' ? htmlSafe(canonicalJson(value)) : goValue(value);
}

const withoutLiteral = (value: unknown): unknown => (value instanceof NumberLiteral ? value.value : value);

/** Go's JSON can stand in a page. */
const htmlSafe = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
