import { canonicalJson } from '@typernetes/machinery';
import { PlainError } from '../io.ts';
import type { Printable } from './object-printer.ts';
import { executeTemplate } from './template/evaluate.ts';
import { goValue } from './template/format.ts';
import { parseTemplate } from './template/parse.ts';

/** Prints objects with a template of Go's. A template that fails is told of together with what it was given. */
export function goTemplatePrinter(
  source: string,
  of: { strict: boolean; data: (items: readonly Printable[], many: boolean) => unknown },
): (items: readonly Printable[], many: boolean) => string {
  const template = parsed(source);
  return (items, many) => {
    const data = of.data(items, many);
    try {
      return executeTemplate(template, data, { strict: of.strict });
    } catch (error) {
      const { message } = error as Error;
      throw new PlainError(
        `error: error executing template ${JSON.stringify(source)}: ${message}\n`,
        1,
        [
          `Error executing template: ${message}. Printing more information for debugging the template:`,
          `\ttemplate was:\n\t\t${source}`,
          `\traw data was:\n\t\t${canonicalJson(data)}`,
          `\tobject given to template engine was:\n\t\t${goValue(data)}`,
          '',
          '',
        ].join('\n'),
      );
    }
  };
}

function parsed(source: string): ReturnType<typeof parseTemplate> {
  try {
    return parseTemplate(source);
  } catch (error) {
    throw new Error(`error parsing template ${source}, ${(error as Error).message}`);
  }
}
