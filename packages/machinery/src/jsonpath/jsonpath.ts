import { goFloat } from '../go-float.ts';
import { goSyntax, goValue } from '../go-syntax.ts';
import { canonicalJson } from '../hash.ts';
import type { NumberForm } from './comparison.ts';
import { evaluateParts } from './evaluate.ts';
import { NumberLiteral } from './node.ts';
import { parseTemplate } from './parse.ts';

interface JsonPathOptions extends NumberForm {
  /** Default: true, a missing field yields nothing. */
  readonly allowMissing?: boolean;
}

/** The JSONPath of kubectl: a template with `{expressions}` between literal text, ranges, filters and negative indexes. */
export interface JsonPath {
  /** The printed result of the template for an object. Throws with upstream's words if it fails. */
  evaluate(object: unknown, options?: JsonPathOptions): string;
  /** The result of each part of the template, in order: the text, or the values at the path. */
  parts(object: unknown, options?: JsonPathOptions): unknown[][];
}

/**
 * A template for `-o jsonpath`: `use` evaluates it for an object, and errors are extended with the details that
 * upstream shows.
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

/** Compiles a template: everything outside of braces is text. Throws on syntax errors. */
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
 * A path in the form of custom columns, `--sort-by` and `wait`, with or without braces or a leading dot:
 * `metadata.name` is `{.metadata.name}`. Throws for an invalid one.
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

/** All values at a path without braces; none if the path does not exist. */
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

/** Escapes as Go's JSON does for HTML. */
const htmlSafe = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
